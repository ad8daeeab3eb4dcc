#pragma once

#include <node_api.h>

namespace dualcast {

/** Gives an object what `NativeTransportObject` of the TypeScript side lists. */
void defineTransportMethods(napi_env env, napi_value object);

}  // namespace dualcast
