#include <random>

#include "../core/ice_agent.h"
#include "../core/limits.h"
#include "check.h"

namespace {

using namespace dualcast;

constexpr uint8_t ID[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

Route address(uint16_t port) {
	Route route;
	route.setAddress("192.0.2.1", port);
	return route;
}

Bytes request(const std::string& username, const std::string& password, bool nominate = true) {
	return stun::bindingRequest({ID, sizeof ID}, username, password, nominate);
}

TEST(checks, "a check with the right user name and password is authentic, and no other") {
	const Bytes bytes = request("ours:theirs", "secret");
	const auto message = stun::parse(bytes);
	CHECK(message && message->useCandidate && message->username == "ours:theirs");
	CHECK(stun::isAuthentic(bytes, *message, "secret"));
	CHECK(!stun::isAuthentic(bytes, *message, "guess"));
	const Bytes answer = stun::bindingSuccess(*message, address(4660), "secret");
	CHECK(stun::parse(answer)->type == stun::BINDING_SUCCESS);
	CHECK(answer.size() <= bytes.size() * 3 / 2);
}

TEST(damage, "a damaged message is no message, whatever was damaged") {
	const Bytes whole = request("ours:theirs", "secret");
	std::mt19937 random(1);
	for (size_t at = 0; at < whole.size(); at++) {
		CHECK(!stun::parse({whole.data(), at}));
		Bytes damaged = whole;
		damaged[at] ^= static_cast<uint8_t>(1 + random() % 255);
		CHECK(!stun::parse(damaged));
	}
	for (int round = 0; round < 20'000; round++) {
		Bytes noise(random() % 200);
		for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random());
		if (noise.size() > 20) noise[0] = 0;
		stun::parse(noise);
	}
}

TEST(restart, "old credentials serve until a check names the new ones") {
	auto facts = std::make_shared<PeerFacts>();
	IceAgent agent({"old", "old-password", "them"}, facts, 0);
	const auto check = [&](const std::string& ufrag) {
		const Bytes bytes = request(ufrag + ":them", ufrag + "-password");
		return agent.check(bytes, *stun::parse(bytes), address(1));
	};
	CHECK(!agent.restart({"unused", "unused-password", "them"}));
	CHECK(agent.restart({"new", "new-password", "them"}) == "unused");
	CHECK(check("old") && !check("unused"));
	CHECK(!agent.adopt(*check("old"), address(1), 0).retired);
	CHECK(agent.adopt(*check("new"), address(1), 0).retired == "old");
	CHECK(check("new") && !check("old"));
	CHECK(facts->bindingRequests == 2);
}

TEST(life, "a viewer ends without consent, and when it never comes or is never secured") {
	auto facts = std::make_shared<PeerFacts>();
	IceAgent agent({"ours", "password", "them"}, facts, 1000);
	CHECK(!agent.expired(30'999));
	CHECK(agent.expired(31'000)->find("no connectivity check arrived") == 0);
	agent.adopt({{}, true, "ours"}, address(1), 31'000);
	CHECK(agent.expired(32'000)->find("not secured") == 0);
	facts->secured = true;
	CHECK(!agent.expired(61'999));
	CHECK(agent.expired(62'000)->find("no connectivity check for") == 0);
}

TEST(addresses, "addresses are held for a while, and only so many") {
	auto facts = std::make_shared<PeerFacts>();
	IceAgent agent({"ours", "password", "them"}, facts, 0);
	for (uint16_t port = 1; port <= limits::MAX_ADDRESSES_PER_PEER; port++) {
		CHECK(!agent.adopt({{}, false, "ours"}, address(port), 0).forgotten);
	}
	CHECK(*agent.adopt({{}, false, "ours"}, address(99), 0).forgotten == address(1));
	CHECK(!agent.holds(address(1), 0));
	CHECK(agent.holds(address(2), limits::ADDRESS_HOLD_MS - 1));
	CHECK(!agent.holds(address(2), limits::ADDRESS_HOLD_MS));
	CHECK(!facts->remote());
	CHECK(agent.adopt({{}, true, "ours"}, address(99), 0).moved);
	CHECK(*facts->remote() == address(99));
}

}  // namespace
