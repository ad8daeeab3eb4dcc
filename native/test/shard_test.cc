#include "../core/shard.h"

#include "../client/self_signed.h"
#include "../core/dtls_context.h"
#include "check.h"

namespace {

using namespace dualcast;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds DEADLINE{30};

TEST(waiting, "so many datagrams of one viewer wait for its thread, not more, and those of others beside them") {
	const SelfSigned own = SelfSigned::make();
	const WebrtcAlgorithms algorithms;
	const SslContext context = makeDtlsServerContext(algorithms, own.certificate, own.privateKey);
	Counters counters;
	EventQueue events([] {});
	Bell bell;
	Shard shard({context.get(), events, counters, bell, true, 0, 1, [](uint32_t) {}});
	const auto one = std::make_shared<PeerFacts>();
	const auto other = std::make_shared<PeerFacts>();
	shard.open(1, one, Fingerprint::parse("sha-256", own.fingerprint));
	shard.open(2, other, Fingerprint::parse("sha-256", own.fingerprint));
	// Strays, as no keys are there yet.
	const Bytes rtcp{0x80, 0xc9, 0, 1, 0, 0, 0, 9};
	const auto settle = [&](uint64_t strays) {
		const auto end = Clock::now() + DEADLINE;
		while (counters.strayDatagrams < strays && Clock::now() < end) std::this_thread::yield();
		CHECK(one->waiting == 0 && other->waiting == 0);
		CHECK(counters.strayDatagrams == strays);
	};
	for (uint32_t count = 0; count < limits::MAX_WAITING_DATAGRAMS + 10; count++) shard.receive(1, *one, rtcp);
	shard.receive(2, *other, rtcp);
	CHECK(one->waiting == limits::MAX_WAITING_DATAGRAMS);
	shard.start();
	settle(limits::MAX_WAITING_DATAGRAMS + 1);
	// Those that were taken made room.
	shard.receive(1, *one, rtcp);
	settle(limits::MAX_WAITING_DATAGRAMS + 2);
}

}  // namespace
