#include <poll.h>

#include <condition_variable>
#include <cstring>
#include <map>
#include <set>

#include "../client/client_viewer.h"
#include "../core/byte_order.h"
#include "../core/transport.h"
#include "check.h"

namespace {

using namespace dualcast;
using Clock = std::chrono::steady_clock;

constexpr uint32_t SSRC = 7;
constexpr uint8_t REPORT[] = {0x80, 0xc9, 0, 1, 0, 0, 0, 9};

/** A transport, the clients that talk to it, and the events it told. */
struct Scene {
	SelfSigned server = SelfSigned::make();
	SelfSigned own = SelfSigned::make();
	SslContext clientContext = makeDtlsClientContext(own, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80");
	Transport transport;
	Route address;
	CoalescedBatch batch;
	std::map<uint32_t, std::unique_ptr<ClientViewer>> clients;
	std::map<uint32_t, std::set<uint16_t>> sequences;
	std::map<uint32_t, size_t> bytes;
	std::set<uint32_t> secured;
	std::map<uint32_t, std::string> closed;
	std::map<uint32_t, size_t> reports;
	/** RTCP that clients got. */
	std::map<uint32_t, size_t> told;
	uint32_t last = 0;

	explicit Scene(uint32_t threads = 3, bool segmentation = true)
	    : transport({server.certificate, server.privateKey, threads, segmentation, [] {}}) {
		address.setAddress("127.0.0.1", transport.bind("127.0.0.1", 0));
		transport.start();
	}

	uint32_t open(const std::string& fingerprint = "") {
		const uint32_t id = ++last;
		const IceCredentials credentials{"ufrag" + std::to_string(id), "password", "them"};
		transport.open(id, credentials, Fingerprint::parse("sha-256", fingerprint.empty() ? own.fingerprint : fingerprint),
		               0);
		clients[id] = std::make_unique<ClientViewer>(clientContext.get(), address, credentials);
		if (id % 2 == 0) clients[id]->coalesce();
		clients[id]->check();
		return id;
	}

	/** Lets clients and events go on for a moment. */
	void turn() {
		std::vector<pollfd> watched;
		for (const auto& [id, client] : clients) watched.push_back({client->descriptor(), POLLIN, 0});
		poll(watched.data(), watched.size(), 5);
		for (const auto& [id, client] : clients) {
			client->receive(batch, [&, number = id](View packet) {
				if (packet.size > 1 && packet.data[1] == REPORT[1]) told[number]++;
				if (packet.size < 12 || readU32(packet.data + 8) != SSRC) return;
				sequences[number].insert(readU16(packet.data + 2));
				bytes[number] += packet.size;
			});
			if (!client->secured() && client->answered()) client->tick();
		}
		for (const Event& event : transport.takeEvents()) {
			if (event.kind == Event::Kind::SECURED) secured.insert(event.id);
			if (event.kind == Event::Kind::CLOSED) closed[event.id] = event.text;
			if (event.kind == Event::Kind::RTCP) reports[event.id]++;
		}
	}

	void until(const std::function<bool()>& holds) {
		const auto end = Clock::now() + std::chrono::seconds(30);
		while (!holds() && Clock::now() < end) turn();
		CHECK(holds());
	}

	void send(uint16_t first, size_t count, const std::vector<uint32_t>& viewers) {
		transport.send(frame(first, count, viewers));
	}

	/** Full packets and a shorter one. */
	static std::shared_ptr<const MediaBatch> frame(uint16_t first, size_t count, const std::vector<uint32_t>& viewers) {
		Bytes words;
		for (size_t at = 0; at < count; at++) {
			const uint32_t length = at + 1 == count ? 333 : 1198;
			const uint32_t header[4] = {SSRC, 1000, static_cast<uint16_t>(first + at), length};
			const size_t start = words.size();
			words.resize(start + sizeof header + (length + 3) / 4 * 4);
			std::memcpy(&words[start], header, sizeof header);
		}
		std::vector<Destination> destinations;
		for (const uint32_t viewer : viewers) destinations.push_back({viewer, 96, 0});
		return MediaBatch::read(words, destinations);
	}
};

std::vector<uint32_t> openMany(Scene& scene, size_t count) {
	std::vector<uint32_t> viewers;
	for (size_t at = 0; at < count; at++) viewers.push_back(scene.open());
	scene.until([&] {
		size_t ready = 0;
		for (const uint32_t id : viewers) ready += scene.secured.count(id) && scene.clients[id]->secured() ? 1 : 0;
		return ready == count;
	});
	return viewers;
}

TEST(everyone, "every viewer gets every packet, with and without segmentation, on one thread and on many") {
	for (const auto& [threads, segmentation] : {std::pair{1u, true}, std::pair{4u, true}, std::pair{2u, false}}) {
		Scene scene(threads, segmentation);
		const auto viewers = openMany(scene, 12);
		for (uint16_t frame = 0; frame < 20; frame++) {
			scene.send(static_cast<uint16_t>(frame * 9), 9, viewers);
			scene.turn();
		}
		scene.until([&] {
			size_t complete = 0;
			for (const uint32_t id : viewers) complete += scene.sequences[id].size() == 180 ? 1 : 0;
			return complete == viewers.size();
		});
		// Header and tag of GCM.
		CHECK(scene.bytes[viewers[0]] == 20 * (8 * 1198 + 333 + 9 * 28));
		// What arrived may not have been counted yet.
		scene.until([&] { return scene.transport.counters().packetsSent == 12 * 180; });
		CHECK(scene.transport.counters().sendErrors == 0);
	}
}

TEST(batches, "a batch of many packets goes out whole") {
	Scene scene(1);
	const auto viewers = openMany(scene, 3);
	for (uint16_t part = 0; part < 8; part++) {
		scene.send(static_cast<uint16_t>(part * 150), 150, viewers);
		scene.until([&] { return scene.sequences[viewers[2]].size() == (part + 1u) * 150u; });
	}
	scene.until([&] { return scene.sequences[viewers[0]].size() == 1200 && scene.sequences[viewers[1]].size() == 1200; });
}

TEST(openings, "what was kept goes to others as it went to the first") {
	Scene scene(2);
	const auto viewers = openMany(scene, 3);
	scene.transport.sendAgain({{viewers[0], 96, 0}});
	scene.transport.keep(Scene::frame(0, 40, {}));
	for (const uint32_t id : viewers) scene.transport.sendAgain({{id, 96, 100}});
	// Those that were sent before hold on to what they are made of.
	scene.transport.keep(Scene::frame(140, 9, {}));
	for (const uint32_t id : viewers) scene.transport.sendAgain({{id, 96, 0}});
	scene.until([&] {
		size_t complete = 0;
		for (const uint32_t id : viewers) complete += scene.sequences[id].size() == 49 ? 1 : 0;
		return complete == viewers.size();
	});
	CHECK(*scene.sequences[viewers[2]].begin() == 100);
	CHECK(*scene.sequences[viewers[2]].rbegin() == 148);
	CHECK(scene.bytes[viewers[1]] == 39 * 1198 + 333 + 8 * 1198 + 333 + 49 * 28);
}

TEST(reports, "RTCP is told, damaged RTCP is not") {
	Scene scene;
	const auto viewers = openMany(scene, 4);
	for (const uint32_t id : viewers) scene.clients[id]->sendRtcp({REPORT, sizeof REPORT});
	scene.until([&] { return scene.reports.size() == viewers.size(); });
	const uint8_t forged[30] = {0x80, 0xc9};
	sendto(scene.clients[viewers[0]]->descriptor(), forged, sizeof forged, 0, &scene.address.address.any,
	       scene.address.addressLength());
	scene.until([&] { return scene.transport.counters().strayDatagrams == 1; });
}

TEST(told, "RTCP for many at once reaches everyone, with no media to go with, and who leaves with it") {
	Scene scene(1);
	const auto viewers = openMany(scene, 6);
	const auto tell = [&](uint32_t id) { scene.transport.sendRtcp(id, Bytes(REPORT, REPORT + sizeof REPORT)); };
	for (const uint32_t id : viewers) tell(id);
	scene.until([&] { return scene.told.size() == viewers.size(); });
	for (const uint32_t id : viewers) tell(id);
	scene.transport.close(viewers[3]);
	scene.until([&] { return scene.told[viewers[0]] == 2 && scene.told[viewers[3]] == 2 && scene.told[viewers[5]] == 2; });
	CHECK(scene.transport.counters().packetsSent == 0);
}

TEST(strangers, "nothing that is not authenticated is answered, and no handshake begins") {
	Scene scene;
	const auto viewers = openMany(scene, 1);
	UdpSocket stranger("127.0.0.1", 0);
	const auto say = [&](View datagram) {
		sendto(stranger.descriptor(), datagram.data, datagram.size, 0, &scene.address.address.any,
		       scene.address.addressLength());
	};
	const uint8_t id[12] = {};
	DtlsClient hello(scene.clientContext.get());
	hello.receive({});
	uint64_t said = 0;
	for (const Bytes& datagram : hello.takeOutgoing()) say(datagram), said++;
	say(stun::bindingRequest({id, 12}, "ufrag1:them", "guess", true)), said++;
	say(stun::bindingRequest({id, 12}, "ufrag1:others", "password", true)), said++;
	say(stun::bindingRequest({id, 12}, "nobody:them", "password", true)), said++;
	say({}), said++;
	say(Bytes(3000)), said++;
	scene.until([&] { return scene.transport.counters().strayDatagrams == said; });
	CHECK(std::make_unique<ReceiveBatch>()->receive(stranger) == 0);
	CHECK(scene.transport.facts(viewers[0])->dtlsDatagrams > 0);
}

TEST(restarts, "the names of ICE sessions that are over lead nowhere, also when their viewer is gone") {
	Scene scene;
	const uint32_t viewer = 1;
	const IceCredentials first{"first", "password", "them"};
	scene.transport.open(viewer, first, Fingerprint::parse("sha-256", scene.own.fingerprint), 0);
	const auto facts = scene.transport.facts(viewer);
	Route connection;
	connection.setAddress("127.0.0.1", 9);
	connection.connection = 1;
	// Taken in the order of what else the transport is asked for, unlike datagrams over UDP.
	const auto check = [&](const std::string& ufrag) {
		const uint8_t id[12] = {};
		scene.transport.receive(connection, stun::bindingRequest({id, 12}, ufrag + ":them", "password", true));
	};
	const auto strays = [&] { return scene.transport.counters().strayDatagrams.load(); };
	check("first");
	scene.transport.restartIce(viewer, {"second", "password", "them"});
	scene.transport.restartIce(viewer, {"third", "password", "them"});
	for (const char* ufrag : {"second", "third", "first"}) check(ufrag);
	scene.until([&] { return strays() == 2; });
	CHECK(facts->bindingRequests == 2);
	scene.transport.close(viewer);
	for (const char* ufrag : {"first", "second", "third"}) check(ufrag);
	scene.until([&] { return strays() == 5; });
}

TEST(wrong, "a viewer with another certificate gets no media") {
	Scene scene;
	const uint32_t id = scene.open(scene.server.fingerprint);
	scene.until([&] { return scene.closed.count(id) == 1; });
	scene.send(0, 9, {id});
	scene.transport.stop();
	CHECK(scene.transport.counters().packetsSent == 0);
	CHECK(scene.secured.empty());
}

TEST(silence, "who is silent is dropped when the time has come, not before, and told") {
	Scene scene;
	const auto viewers = openMany(scene, 2);
	scene.transport.sweep(1'000);
	scene.transport.sweep(30'999);
	scene.send(0, 1, viewers);
	scene.until([&] { return scene.sequences[viewers[0]].size() + scene.sequences[viewers[1]].size() == 2; });
	CHECK(scene.closed.empty());
	// A check on its way since the beginning may count for a later sweep.
	uint64_t now = 30'999;
	scene.until([&] {
		if (scene.closed.size() < 2) scene.transport.sweep(now += 30'000);
		return scene.closed.size() == 2 && scene.clients[viewers[0]]->ended() && scene.clients[viewers[1]]->ended();
	});
}

TEST(coming, "viewers come and go, from both sides, while media flows and while it stops") {
	for (int round = 0; round < 3; round++) {
		Scene scene(3);
		auto viewers = openMany(scene, 6);
		uint16_t sequence = 0;
		for (int step = 0; step < 60; step++) {
			scene.send(sequence, 5, viewers);
			sequence = static_cast<uint16_t>(sequence + 5);
			scene.transport.sendRtcp(viewers[step % viewers.size()], Bytes(REPORT, REPORT + sizeof REPORT));
			if (step % 6 == 1) viewers.push_back(scene.open());
			if (step % 9 == 2) scene.transport.close(viewers[static_cast<size_t>(step) % viewers.size()]);
			if (step % 11 == 3) {
				ClientViewer& client = *scene.clients[viewers[static_cast<size_t>(step) % viewers.size()]];
				if (client.secured()) client.close();
			}
			if (step % 13 == 4) scene.transport.restartIce(viewers.back(), {"again" + std::to_string(step), "p", "them"});
			if (step % 7 == 5) scene.transport.sweep(static_cast<uint64_t>(step) * 100);
			scene.turn();
		}
		if (round == 1) scene.transport.stop();
	}
}

TEST(full, "a queue that is full refuses and counts") {
	Scene scene(1);
	const auto frame = Scene::frame(0, 1000, openMany(scene, 1));
	while (scene.transport.counters().sendErrors == 0) scene.transport.send(frame);
	scene.transport.stop();
}

}  // namespace
