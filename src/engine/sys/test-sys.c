#include "engine/sys/sys.h"
#include "base/test.h"
