#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <chrono>
#include <random>
#include <set>
#include <thread>

#include "../client/dtls_client.h"
#include "../core/limits.h"
#include "check.h"

namespace {

using namespace dualcast;

constexpr const char* BOTH = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";
using Loss = std::function<bool()>;

/** A client and a session of the server, and the way between them. */
struct Pair {
	SelfSigned server = SelfSigned::make();
	SelfSigned own;
	const WebrtcAlgorithms algorithms;
	SslContext serverContext = makeDtlsServerContext(algorithms, server.certificate, server.privateKey);
	SslContext clientContext;
	DtlsClient client;
	DtlsSession session;
	size_t largest = 0;

	explicit Pair(const char* profiles = BOTH, const std::string& offered = "",
	              SelfSigned certificate = SelfSigned::make())
	    : own(std::move(certificate)),
	      clientContext(makeDtlsClientContext(own, profiles)),
	      client(clientContext.get()),
	      session(serverContext.get(), Fingerprint::parse("sha-256", offered.empty() ? own.fingerprint : offered)) {
		client.receive({});
	}

	/** Carries what was written, once each way. @returns whether there was anything */
	bool carry(const Loss& loses) {
		bool any = false;
		for (const Bytes& datagram : client.takeOutgoing()) {
			any = true;
			if (!loses()) session.receive(datagram);
		}
		for (const Bytes& datagram : session.takeOutgoing()) {
			any = true;
			largest = std::max(largest, datagram.size());
			if (!loses()) client.receive(datagram);
		}
		return any;
	}

	void run(const Loss& loses = [] { return false; }) {
		const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
		while (std::chrono::steady_clock::now() < end) {
			if (carry(loses)) continue;
			const bool ended = session.state() == DtlsSession::State::CLOSED;
			if (ended || (client.connected() && session.state() == DtlsSession::State::SECURED)) return;
			std::this_thread::sleep_for(std::chrono::milliseconds(20));
			client.checkTimer();
			session.checkTimer();
		}
	}
};

TEST(keys, "both sides export the same keys, in the profile the server prefers") {
	for (const auto& [profiles, chosen] : {std::pair{BOTH, SrtpProfile::AEAD_AES_128_GCM},
	                                       std::pair{"SRTP_AES128_CM_SHA1_80", SrtpProfile::AES128_CM_SHA1_80}}) {
		Pair pair(profiles);
		pair.run();
		CHECK(pair.session.state() == DtlsSession::State::SECURED);
		CHECK(pair.session.material().profile == chosen);
		CHECK(pair.session.material().local.key == pair.client.material().remote.key);
		CHECK(pair.session.material().local.salt == pair.client.material().remote.salt);
		CHECK(pair.session.material().remote.key == pair.client.material().local.key);
		CHECK(pair.largest <= static_cast<size_t>(limits::DTLS_MTU));
	}
}

TEST(certificates, "certificates of all the kinds of keys that clients have are taken, unless another one was offered") {
	const auto kinds = {+[] { return EVP_EC_gen("P-256"); }, +[] { return EVP_RSA_gen(2048); },
	                    +[] { return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"); }};
	for (const auto& makeKey : kinds) {
		Pair pair(BOTH, "", SelfSigned::make(makeKey()));
		pair.run();
		CHECK(pair.session.state() == DtlsSession::State::SECURED);
		CHECK(pair.session.material().local.key == pair.client.material().remote.key);
		Pair wrong(BOTH, pair.own.fingerprint, SelfSigned::make(makeKey()));
		wrong.run();
		CHECK(wrong.session.closeReason() == "the client's certificate is not the one whose fingerprint was offered");
	}
}

TEST(few, "a server's context has no kind of key that it has no use for, as each makes reading a certificate dearer") {
	const WebrtcAlgorithms algorithms;
	std::set<std::string> kinds;
	EVP_KEYMGMT_do_all_provided(
	    algorithms.context(),
	    [](EVP_KEYMGMT* kind, void* all) { static_cast<std::set<std::string>*>(all)->insert(EVP_KEYMGMT_get0_name(kind)); },
	    &kinds);
	CHECK((kinds == std::set<std::string>{"EC", "ED25519", "HMAC", "RSA", "TLS1-PRF", "X25519"}));
}

TEST(lost, "a handshake gets through a network that loses a third") {
	std::mt19937 random(7);
	Pair pair;
	pair.run([&] { return random() % 3 == 0; });
	CHECK(pair.session.state() == DtlsSession::State::SECURED);
	CHECK(pair.client.connected());
}

TEST(fingerprints, "another certificate than the offered one is refused, and the client is told") {
	for (const std::string& offered : {SelfSigned::make().fingerprint, std::string("AB"), std::string("nonsense")}) {
		Pair pair(BOTH, offered);
		pair.run();
		CHECK(pair.session.closeReason() == "the client's certificate is not the one whose fingerprint was offered");
		CHECK(pair.client.ended());
	}
}

TEST(profiles, "a client without a common profile is refused") {
	Pair pair("SRTP_AEAD_AES_256_GCM");
	pair.run();
	CHECK(pair.session.closeReason() == "the client supports no common SRTP protection profile");
}

TEST(goodbye, "each side is told when the other closes") {
	Pair first;
	first.run();
	first.client.close();
	first.carry([] { return false; });
	CHECK(first.session.closeReason() == "the viewer ended DTLS: close_notify");
	Pair second;
	second.run();
	second.session.close();
	second.carry([] { return false; });
	CHECK(second.client.ended());
}

TEST(noise, "damaged datagrams neither end a session that is secured nor get through") {
	std::mt19937 random(3);
	for (int round = 0; round < 30; round++) {
		Pair pair;
		for (int step = 0; step < 6; step++) {
			for (Bytes datagram : pair.client.takeOutgoing()) {
				Bytes damaged = datagram;
				damaged[random() % damaged.size()] ^= static_cast<uint8_t>(1 + random() % 255);
				if (step >= 2) damaged.resize(random() % (damaged.size() + 1));
				// A record in the clear may be forged: it can end a handshake, nothing more.
				pair.session.receive(damaged);
				pair.session.receive(datagram);
			}
			pair.carry([] { return false; });
		}
		const bool secured = pair.session.state() == DtlsSession::State::SECURED;
		for (int count = 0; secured && count < 50; count++) {
			Bytes noise(1 + random() % 300);
			for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random());
			noise[0] = static_cast<uint8_t>(20 + random() % 6);
			pair.session.receive(noise);
		}
		CHECK(!secured || pair.session.state() == DtlsSession::State::SECURED);
	}
}

TEST(flood, "a handshake may take only so many datagrams") {
	Pair pair;
	const Bytes hello = pair.client.takeOutgoing().at(0);
	for (uint32_t count = 0; count <= limits::MAX_HANDSHAKE_DATAGRAMS; count++) pair.session.receive(hello);
	CHECK(pair.session.closeReason().find("took more than") != std::string::npos);
}

}  // namespace
