#pragma once

#include <node_api.h>

#include <memory>

#include "../core/transport.h"
#include "call.h"

namespace dualcast {

/** A transport as JavaScript holds it, and the way of its events there. */
class TransportObject {
public:
	/** `createTransport(certificate, privateKey, threads, segmentation, onEvent)` */
	static napi_value create(const Call& call);
	~TransportObject();

	/** @throws std::logic_error when it is closed */
	static Transport& of(const Call& call);
	/** Ends the threads and frees the port. */
	static void release(const Call& call);

private:
	explicit TransportObject(napi_env env) : env_(env) {}
	void release();
	/** The environment ends, and with it `wake_`, before objects are taken away. */
	static void onEnd(void* self) { static_cast<TransportObject*>(self)->release(); }
	void deliver(napi_env env, napi_value callback);
	/** Calls `deliver` when the loop has gone round once more. */
	void deliverLater(napi_env env, napi_value callback) const;
	static napi_value onTurn(const Call& call);
	static void onWake(napi_env env, napi_value callback, void* context, void* data);

	const napi_env env_;
	/** The object of JavaScript, weakly: it owns this one. */
	napi_ref object_ = nullptr;
	std::unique_ptr<Transport> transport_;
	napi_threadsafe_function wake_ = nullptr;
};

}  // namespace dualcast
