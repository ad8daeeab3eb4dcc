#include <algorithm>
#include <cstdio>

#include "../core/srtcp.h"
#include "../core/srtp_sender.h"
#include "check.h"
#include "hex.h"

namespace {

using namespace dualcast;
using namespace dualcast::test;

template <size_t Size>
void fill(std::array<uint8_t, Size>& target, const std::string& hex) {
	const Bytes bytes = fromHex(hex);
	std::copy(bytes.begin(), bytes.end(), target.begin());
}

MasterKey masterKey() {
	MasterKey master;
	fill(master.key, "e1f97a0d3e018be0d64fa32c06de4139");
	fill(master.salt, "0ec675ad498afeebb6960b3aabe6");
	return master;
}

TEST(derivation, "keys are those of RFC 3711 B.3") {
	const SessionKeys keys = DerivedKeys(masterKey(), SrtpProfile::AES128_CM_SHA1_80).rtp;
	CHECK(toHex(keys.encryption) == "c61e7a93744f39ee10734afe3ff7a087");
	CHECK(toHex(keys.salt) == "30cbbc08863d8c85d49db34a9ae1");
	CHECK(toHex(keys.authentication) == "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
}

TEST(keyStream, "the key stream is that of RFC 3711 B.2") {
	SessionKeys keys;
	fill(keys.encryption, "2b7e151628aed2a6abf7158809cf4f3c");
	fill(keys.salt, "f0f1f2f3f4f5f6f7f8f9fafbfcfd");
	Bytes stream(32);
	CounterMode(keys.encryption).crypt(counterModeIv(keys, 0, 0), stream.data(), stream.size(), stream.data());
	CHECK(toHex(stream) == "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab");
}

TEST(gcm, "a packet under AEAD_AES_128_GCM is that of RFC 7714 16.1.1") {
	SessionKeys keys;
	fill(keys.encryption, "000102030405060708090a0b0c0d0e0f");
	fill(keys.salt, "517569642070726f2071756f");
	const std::string text = "Gallia est omnis divisa in partes tres";
	const View payload{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
	SrtpSender sender(keys, SrtpProfile::AEAD_AES_128_GCM);
	Bytes out(text.size() + SrtpSender::OVERHEAD);
	CHECK(sender.protect({0x5501a0b2, 0x8041f8d3, 0xf17b, false, payload}, 0x40, 0xf17b, out.data()) == out.size());
	CHECK(toHex(out) ==
	      "8040f17b8041f8d35501a0b2"
	      "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
	      "899d7f27beb16a9152cf765ee4390cce");
}

TEST(vectorGcm, "vector instructions seal as OpenSSL does, whatever the length") {
	const std::array<uint8_t, SRTP_KEY> key = masterKey().key;
	const auto vector = VectorGcm::make(key);
	if (!vector) {
		printf("# not compared with vector instructions: libipsec-mb-dev is missing\n");
		return;
	}
	CHECK(VectorGcm::library().find("intel-ipsec-mb 1.") == 0);
	Gcm openssl(key, Gcm::Direction::SEAL);
	std::array<uint8_t, 12> iv{};
	Bytes clear(12);
	for (size_t length = 0; length <= limits::MAX_DATAGRAM; length++) {
		iv[length % iv.size()] ^= static_cast<uint8_t>(length + 1);
		clear[length % clear.size()] ^= static_cast<uint8_t>(length + 1);
		Bytes plain(length);
		for (size_t at = 0; at < length; at++) plain[at] = static_cast<uint8_t>(at * 31 + length);
		// What lies behind stays as it is.
		Bytes expected(length + Gcm::TAG + 1, 0xa5);
		Bytes sealed = expected;
		openssl.seal(iv, clear, {}, plain, expected.data());
		vector->seal(iv, clear, plain, sealed.data());
		CHECK(sealed == expected);
	}
}

TEST(indexes, "a packet's index is the nearest to the highest sent") {
	CHECK(nearestIndex(-1, 65000) == 65000);
	CHECK(nearestIndex(65535, 0) == 65536);
	CHECK(nearestIndex(65537, 65535) == 65535);
	CHECK(nearestIndex(5 * 65536 + 10, 65000) == 4 * 65536 + 65000);
	CHECK(nearestIndex(3 * 65536 + 10, 30000) == 3 * 65536 + 30000);
	CHECK(nearestIndex(3, 65535) == -1);
}

TEST(sources, "more sources than the cap, and packets before the first, are not sent") {
	SrtpSender sender(DerivedKeys(masterKey(), SrtpProfile::AES128_CM_SHA1_80).rtp, SrtpProfile::AES128_CM_SHA1_80);
	const Bytes payload(10);
	Bytes out(payload.size() + SrtpSender::OVERHEAD);
	for (uint32_t ssrc = 0; ssrc < limits::MAX_SSRCS; ssrc++) {
		CHECK(sender.protect({ssrc, 0, 1, false, payload}, 96, 1, out.data()) == 12 + 10 + 10);
	}
	CHECK(sender.protect({99, 0, 1, false, payload}, 96, 1, out.data()) == 0);
	CHECK(sender.protect({0, 0, 65535, false, payload}, 96, 65535, out.data()) == 0);
}

TEST(rtcp, "RTCP is heard once, and only if it is authentic") {
	for (const auto profile : {SrtpProfile::AES128_CM_SHA1_80, SrtpProfile::AEAD_AES_128_GCM}) {
		const SessionKeys keys = DerivedKeys(masterKey(), profile).rtcp;
		SrtcpSender sender(keys, profile);
		SrtcpReceiver receiver(keys, profile);
		const Bytes report = fromHex("80c900010000000781ce0002000000011234567800");
		const Bytes first = *sender.protect(report);
		const Bytes second = *sender.protect(report);
		CHECK(*receiver.unprotect(second) == report);
		CHECK(*receiver.unprotect(first) == report);
		CHECK(!receiver.unprotect(first));
		const Bytes third = *sender.protect(report);
		for (size_t at = 0; at < third.size(); at++) {
			Bytes forged = third;
			forged[at] ^= 1;
			CHECK(!receiver.unprotect(forged));
			CHECK(!receiver.unprotect({third.data(), at}));
		}
		CHECK(*receiver.unprotect(third) == report);
		CHECK(!sender.protect({report.data(), 7}));
	}
}

TEST(replay, "an index counts once, and not when it is too old") {
	ReplayWindow window;
	for (const int64_t index : {5, 3, 70, 69, 7}) {
		CHECK(window.isNew(index));
		window.accept(index);
		CHECK(!window.isNew(index));
	}
	CHECK(!window.isNew(6));
	CHECK(window.isNew(8));
	window.accept(1000);
	CHECK(!window.isNew(936));
	CHECK(window.isNew(937));
}

}  // namespace
