#include "transport_methods.h"

#include <cstring>

#include "transport_object.h"

namespace dualcast {
namespace {

napi_value bind(const Call& call) {
	const auto port = static_cast<uint16_t>(call.number(1));
	return call.make(static_cast<double>(TransportObject::of(call).bind(call.text(0), port)));
}

napi_value start(const Call& call) {
	TransportObject::of(call).start();
	return nullptr;
}

IceCredentials credentials(const Call& call) { return {call.text(1), call.text(2), call.text(3)}; }

uint64_t milliseconds(const Call& call, size_t index) { return static_cast<uint64_t>(call.real(index)); }

napi_value open(const Call& call) {
	Fingerprint fingerprint = Fingerprint::parse(call.text(4), call.text(5));
	TransportObject::of(call).open(call.number(0), credentials(call), std::move(fingerprint), milliseconds(call, 6));
	return nullptr;
}

napi_value restartIce(const Call& call) {
	TransportObject::of(call).restartIce(call.number(0), credentials(call));
	return nullptr;
}

napi_value close(const Call& call) {
	TransportObject::of(call).close(call.number(0));
	return nullptr;
}

std::vector<Destination> destinations(View bytes) {
	std::vector<Destination> read(bytes.size / sizeof(Destination));
	if (!read.empty()) std::memcpy(read.data(), bytes.data, read.size() * sizeof(Destination));
	return read;
}

napi_value send(const Call& call) {
	const auto batch = MediaBatch::read(call.bytes(0), destinations(call.bytes(1)));
	if (!batch) throw std::invalid_argument("these are no packets");
	Transport& transport = TransportObject::of(call);
	if (call.flag(2)) transport.keep(batch);
	transport.send(batch);
	return nullptr;
}

napi_value sendAgain(const Call& call) {
	TransportObject::of(call).sendAgain(destinations(call.bytes(0)));
	return nullptr;
}

napi_value sendRtcp(const Call& call) {
	TransportObject::of(call).sendRtcp(call.number(0), call.bytes(1).copy());
	return nullptr;
}

napi_value sweep(const Call& call) {
	TransportObject::of(call).sweep(milliseconds(call, 0));
	return nullptr;
}

Route connection(const Call& call) {
	Route route;
	route.connection = call.number(0);
	if (!route.setAddress(call.text(1), static_cast<uint16_t>(call.number(2)))) {
		throw std::invalid_argument("expected an IP address");
	}
	return route;
}

napi_value receive(const Call& call) {
	TransportObject::of(call).receive(connection(call), call.bytes(3));
	return nullptr;
}

napi_value releaseConnection(const Call& call) {
	TransportObject::of(call).releaseConnection(connection(call));
	return nullptr;
}

napi_value facts(const Call& call) {
	const auto known = TransportObject::of(call).facts(call.number(0));
	if (!known) return nullptr;
	const napi_value object = call.object();
	call.set(object, "bindingRequests", call.make(static_cast<double>(known->bindingRequests)));
	call.set(object, "dtlsDatagrams", call.make(static_cast<double>(known->dtlsDatagrams)));
	const auto remote = known->remote();
	if (remote) call.set(object, "remote", call.make(remote->description()));
	return object;
}

napi_value makeCounters(const Call& call, const Counters& counters) {
	const napi_value object = call.object();
	call.set(object, "packetsSent", call.make(static_cast<double>(counters.packetsSent)));
	call.set(object, "bytesSent", call.make(static_cast<double>(counters.bytesSent)));
	call.set(object, "strayDatagrams", call.make(static_cast<double>(counters.strayDatagrams)));
	call.set(object, "sendErrors", call.make(static_cast<double>(counters.sendErrors)));
	return object;
}

napi_value counters(const Call& call) { return makeCounters(call, TransportObject::of(call).counters()); }

napi_value stop(const Call& call) {
	Transport& transport = TransportObject::of(call);
	transport.stop();
	const napi_value counters = makeCounters(call, transport.counters());
	TransportObject::release(call);
	return counters;
}

template <napi_value (*body)(const Call&)>
napi_property_descriptor method(const char* name) {
	return {name, nullptr, guarded<body>, nullptr, nullptr, nullptr, napi_default, nullptr};
}

}  // namespace

void defineTransportMethods(napi_env env, napi_value object) {
	const napi_property_descriptor methods[] = {
	    method<bind>("bind"),
	    method<start>("start"),
	    method<open>("open"),
	    method<restartIce>("restartIce"),
	    method<close>("close"),
	    method<send>("send"),
	    method<sendAgain>("sendAgain"),
	    method<sendRtcp>("sendRtcp"),
	    method<sweep>("sweep"),
	    method<receive>("receive"),
	    method<releaseConnection>("releaseConnection"),
	    method<facts>("facts"),
	    method<counters>("counters"),
	    method<stop>("stop"),
	};
	Call::require(napi_define_properties(env, object, sizeof methods / sizeof methods[0], methods), "memory");
}

}  // namespace dualcast
