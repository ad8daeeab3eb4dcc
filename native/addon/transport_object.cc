#include "transport_object.h"

#include "../core/limits.h"
#include "transport_methods.h"

namespace dualcast {
namespace {

void check(napi_status status, const char* what) { Call::require(status, what); }

TransportObject* unwrap(const Call& call, napi_value value) {
	void* object = nullptr;
	check(napi_unwrap(call.env(), value, &object), "a transport");
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
	                nullptr, &self->object_),
	      "an object");
	made.release();
	return object;
}

TransportObject::~TransportObject() {
	release();
	if (object_ != nullptr) napi_delete_reference(env_, object_);
}

Transport& TransportObject::of(const Call& call) {
	TransportObject* const self = unwrap(call, call.self());
	if (!self->transport_) throw std::logic_error("the transport is closed");
	return *self->transport_;
}

void TransportObject::release(const Call& call) { unwrap(call, call.self())->release(); }

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
	size_t rtcp = 0;
	for (const Event& event : transport_->takeEvents()) {
		if (event.kind == Event::Kind::RTCP) rtcp++;
		napi_handle_scope scope = nullptr;
		napi_open_handle_scope(env, &scope);
		napi_value arguments[3] = {nullptr, nullptr, undefined};
		napi_create_uint32(env, static_cast<uint32_t>(event.kind), &arguments[0]);
		napi_create_uint32(env, event.id, &arguments[1]);
		if (event.kind == Event::Kind::CLOSED) {
			napi_create_string_utf8(env, event.text.data(), event.text.size(), &arguments[2]);
		} else if (event.kind == Event::Kind::CHECKED) {
			napi_create_uint32(env, event.connection, &arguments[2]);
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
	if (rtcp == limits::MAX_RTCP_PER_TURN) deliverLater(env, callback);
}

void TransportObject::deliverLater(napi_env env, napi_value callback) const {
	// A wake from here would come back in the same turn of the loop.
	napi_value global = nullptr;
	napi_value setImmediate = nullptr;
	napi_value arguments[3] = {nullptr, nullptr, callback};
	napi_get_global(env, &global);
	napi_get_named_property(env, global, "setImmediate", &setImmediate);
	napi_create_function(env, nullptr, 0, guarded<onTurn>, nullptr, &arguments[0]);
	napi_get_reference_value(env, object_, &arguments[1]);
	napi_call_function(env, global, setImmediate, 3, arguments, nullptr);
}

napi_value TransportObject::onTurn(const Call& call) {
	unwrap(call, call.value(0))->deliver(call.env(), call.value(1));
	return nullptr;
}

}  // namespace dualcast
