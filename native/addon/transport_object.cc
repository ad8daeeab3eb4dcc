#include "transport_object.h"

#include "transport_methods.h"

namespace dualcast {
namespace {

void check(napi_status status, const char* what) { Call::require(status, what); }

TransportObject* unwrap(const Call& call) {
	void* object = nullptr;
	check(napi_unwrap(call.env(), call.self(), &object), "a transport");
	return static_cast<TransportObject*>(object);
}

}  // namespace

napi_value TransportObject::create(const Call& call) {
	const napi_env env = call.env();
	std::unique_ptr<TransportObject> made(new TransportObject(env));
	TransportObject* const self = made.get();
	const napi_value name = call.make(std::string("dualcast transport"));
	check(napi_create_threadsafe_function(env, call.value(4), nullptr, name, 0, 1, nullptr, nullptr, self, onWake,
	                                      &self->wake_),
	      "a function");
	check(napi_add_env_cleanup_hook(env, onEnd, self), "memory");
	const napi_threadsafe_function wake = self->wake_;
	self->transport_ = std::make_unique<Transport>(
	    Transport::Options{call.bytes(0).copy(), call.bytes(1).copy(), call.number(2), call.flag(3),
	                       [wake] { napi_call_threadsafe_function(wake, nullptr, napi_tsfn_nonblocking); }});
	const napi_value object = call.object();
	defineTransportMethods(env, object);
	check(napi_wrap(env, object, self, [](napi_env, void* data, void*) { delete static_cast<TransportObject*>(data); },
	                nullptr, nullptr),
	      "an object");
	made.release();
	return object;
}

Transport& TransportObject::of(const Call& call) {
	TransportObject* const self = unwrap(call);
	if (!self->transport_) throw std::logic_error("the transport is closed");
	return *self->transport_;
}

void TransportObject::release(const Call& call) { unwrap(call)->release(); }

void TransportObject::release() {
	// The threads end first: none of them wakes JavaScript afterwards.
	transport_.reset();
	if (wake_ == nullptr) return;
	napi_remove_env_cleanup_hook(env_, onEnd, this);
	napi_release_threadsafe_function(wake_, napi_tsfn_abort);
	wake_ = nullptr;
}

void TransportObject::onWake(napi_env env, napi_value callback, void* context, void*) {
	if (env != nullptr) static_cast<TransportObject*>(context)->deliver(env, callback);
}

void TransportObject::deliver(napi_env env, napi_value callback) {
	napi_value undefined = nullptr;
	napi_get_undefined(env, &undefined);
	if (!transport_) return;
	for (const Event& event : transport_->takeEvents()) {
		napi_handle_scope scope = nullptr;
		napi_open_handle_scope(env, &scope);
		napi_value arguments[3] = {nullptr, nullptr, undefined};
		napi_create_uint32(env, static_cast<uint32_t>(event.kind), &arguments[0]);
		napi_create_uint32(env, event.id, &arguments[1]);
		if (event.kind == Event::Kind::CLOSED) {
			napi_create_string_utf8(env, event.text.data(), event.text.size(), &arguments[2]);
		} else if (!event.bytes.empty()) {
			napi_create_buffer_copy(env, event.bytes.size(), event.bytes.data(), nullptr, &arguments[2]);
		}
		if (napi_call_function(env, undefined, callback, 3, arguments, nullptr) == napi_pending_exception) {
			napi_value error = nullptr;
			napi_get_and_clear_last_exception(env, &error);
			napi_fatal_exception(env, error);
		}
		napi_close_handle_scope(env, scope);
	}
}

}  // namespace dualcast
