#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "counters.h"
#include "events.h"
#include "ice_agent.h"
#include "shard.h"
#include "udp_socket.h"

namespace dualcast {

/**
 * The thread that receives. It finds out whose a datagram is: STUN by its ufrag, the rest by an address that a check
 * has proven; answers checks, and hands DTLS and SRTCP to the viewer's own thread.
 */
class Front {
public:
	struct Options {
		EventQueue& events;
		Counters& counters;
		std::function<Shard&(uint32_t viewer)> shardOf;
	};

	explicit Front(Options options);
	~Front();
	Front(const Front&) = delete;
	Front& operator=(const Front&) = delete;

	/** Before `start` only. @throws std::system_error when the address cannot be bound */
	const UdpSocket& bind(const std::string& host, uint16_t port);
	void start();
	/** Idempotent. */
	void stop();

	// What follows is done before any datagram that came later, and a sweep later at the latest.

	void open(uint32_t viewer, IceCredentials credentials, std::shared_ptr<PeerFacts> facts, uint64_t now);
	void restart(uint32_t viewer, IceCredentials credentials);
	void forget(uint32_t viewer);
	/** A datagram of a TCP connection. @returns false when too many wait */
	bool receive(const Route& from, View datagram);
	void releaseConnection(const Route& connection);
	/** Ends viewers who were silent for too long. About once a second. */
	void sweep(uint64_t now);

private:
	struct Open {
		uint32_t viewer;
		IceCredentials credentials;
		std::shared_ptr<PeerFacts> facts;
		uint64_t now;
	};
	struct Restart {
		uint32_t viewer;
		IceCredentials credentials;
	};
	struct Forget {
		uint32_t viewer;
	};
	struct Datagram {
		Route from;
		Bytes bytes;
	};
	struct Release {
		Route connection;
	};
	struct Sweep {
		uint64_t now;
	};
	using Command = std::variant<Open, Restart, Forget, Datagram, Release, Sweep>;

	struct Peer {
		uint32_t viewer;
		IceAgent ice;
		std::shared_ptr<PeerFacts> facts;
	};

	/** For when the thread wakes up next: nothing of it is to be seen before. */
	void leave(Command command);
	void post(Command command);
	void wakeUp();
	void run();
	bool runCommands();
	void act(Open& open);
	void act(Restart& restart);
	void act(Forget& forget);
	void act(Datagram& datagram);
	void act(Release& release);
	void act(Sweep& sweep);

	void route(View datagram, const Route& from);
	/** @returns false for a stray message, which is not answered */
	bool routeStun(View datagram, const Route& from);
	bool claim(Peer& peer, const Route& from);
	void answer(const Route& to, View response);
	void erase(uint32_t viewer);

	const Options options_;
	Outbox outbox_;
	std::vector<std::unique_ptr<UdpSocket>> sockets_;
	std::unordered_map<uint32_t, Peer> peers_;
	std::unordered_map<std::string, Peer*> byUfrag_;
	std::unordered_map<Route, Peer*, RouteHash> byAddress_;
	uint64_t now_ = 0;

	int wake_ = -1;
	std::mutex mutex_;
	std::vector<Command> commands_;
	size_t queuedDatagrams_ = 0;
	bool stopping_ = false;
	std::thread thread_;
};

}  // namespace dualcast
