// The functions that read one directive each, by file. Like NGINX's own, they return NGX_CONF_OK,
// NGX_CONF_ERROR after an [emerg], or a text that NGINX logs. They may throw.
#pragma once

#include "nginx/host/ngx.hpp"

namespace private_image {

using Reader = char*(ngx_conf_t* cf, ngx_command_t* command, void* conf);

// directives_gate.cpp
Reader readGate, readOrigin, readPrefix, readFlags, readMark, readSignature, readMaxExpiry, readKey;

// directives_variants.cpp
Reader readWatermark, readVariant;

// directives_rendering.cpp
Reader readRenders, readThreadPool, readSourceTypes, readFormat, readAutoFormats;
Reader readPerFormat;  // FORMAT=N…; `command->post` points at the Range of N

// directives_caching.cpp
Reader readCache, readMinUses, readZone, readStatus, readPurge;

// directives_signing.cpp
Reader readSign, readSigned;

}  // namespace private_image
