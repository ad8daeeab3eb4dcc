#include <openssl/crypto.h>

#include <algorithm>
#include <mutex>
#include <string>

#include "../core/byte_order.h"
#include "../core/vector_gcm.h"
#include "helper_threads.h"
#include "transport_object.h"

namespace dualcast {
namespace {

/**
 * `protect(profile, masterKey, masterSalt, packets, payloadType, sequenceOffset)`: a new viewer's SRTP packets, so
 * that tests can compare them with another implementation's. Each comes after its length in 16 bits.
 */
napi_value protect(const Call& call) {
	const auto profile = static_cast<SrtpProfile>(call.number(0));
	MasterKey master;
	const View key = call.bytes(1);
	const View salt = call.bytes(2);
	if (key.size != master.key.size() || salt.size != saltLength(profile)) throw std::invalid_argument("expected keys");
	std::copy(key.data, key.data + key.size, master.key.begin());
	std::copy(salt.data, salt.data + salt.size, master.salt.begin());
	SrtpSender sender(DerivedKeys(master, profile).rtp, profile);
	const auto batch = MediaBatch::read(call.bytes(3), {});
	if (!batch) throw std::invalid_argument("these are no packets");
	Bytes out;
	for (const MediaPacket& packet : batch->packets) {
		const size_t start = out.size();
		out.resize(start + 2 + packet.payload.size + SrtpSender::OVERHEAD);
		const auto sequence = static_cast<uint16_t>(packet.sequence + call.number(5));
		const size_t length =
		    sender.protect(packet, static_cast<uint8_t>(call.number(4)), sequence, out.data() + start + 2);
		writeU16(&out[start], static_cast<uint16_t>(length));
		out.resize(start + 2 + length);
	}
	return call.make(View(out));
}

napi_value initialize(napi_env env, napi_value exports) {
	if (OPENSSL_version_major() != OPENSSL_VERSION_MAJOR) {
		napi_throw_error(env, nullptr, "it was built for another OpenSSL than this Node has: build it again");
		return exports;
	}
	// This is called again for each worker thread that loads the addon.
	static std::once_flag once;
	std::call_once(once, makeHelpersPatient);
	const napi_property_descriptor functions[] = {
	    {"createTransport", nullptr, guarded<TransportObject::create>, nullptr, nullptr, nullptr, napi_default, nullptr},
	    {"protect", nullptr, guarded<protect>, nullptr, nullptr, nullptr, napi_default, nullptr},
	};
	napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
	const std::string vectors = VectorGcm::library();
	const std::string gcm = vectors.empty() ? OpenSSL_version(OPENSSL_VERSION) : vectors;
	napi_value name = nullptr;
	napi_create_string_utf8(env, gcm.data(), gcm.size(), &name);
	napi_set_named_property(env, exports, "gcm", name);
	return exports;
}

}  // namespace
}  // namespace dualcast

NAPI_MODULE_INIT() { return dualcast::initialize(env, exports); }
