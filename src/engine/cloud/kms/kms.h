/* The KMS service of the local cloud: keys, aliases and key policies. It decides who may use a key
 * and encrypts nothing: there are no cryptographic operations here. */
#pragma once
#include "engine/cloud/hub/hub.h"

extern const struct service service_kms;
