#include "engine/fabric/fabric.h"
#include "base/test.h"
