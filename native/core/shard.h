#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "bell.h"
#include "media_batch.h"
#include "outbox.h"
#include "viewer.h"

namespace dualcast {

/** A thread and the viewers that are its own: their DTLS, their SRTP, what is sent to them. */
class Shard {
public:
	struct Options {
		SSL_CTX* context;
		EventQueue& events;
		Counters& counters;
		/** Wakes the thread, by its `ear`. */
		Bell& bell;
		bool segmentation;
		/** This one of so many: it has the viewers whose number leaves this rest. */
		uint32_t index;
		uint32_t count;
		/** A viewer ended by itself: nothing is to be received for it any more. */
		std::function<void(uint32_t viewer)> forget;
	};

	explicit Shard(Options options);
	~Shard() { stop(); }
	Shard(const Shard&) = delete;
	Shard& operator=(const Shard&) = delete;

	void start();
	/** Does what was asked before, says goodbye to its viewers and waits for the thread. Idempotent. */
	void stop();

	Bell::Ears ear() const { return Bell::earOf(options_.index); }

	// What follows is done by the thread, in this order. A viewer is known from `open` to `close`.

	void open(uint32_t viewer, std::shared_ptr<PeerFacts> facts, Fingerprint fingerprint);
	/** It is reached here from now on. */
	void move(uint32_t viewer, const Route& route);
	/** Sends to those of the destinations that are secured and its own. The bell is left to the caller. */
	void send(std::shared_ptr<const MediaBatch> batch);
	void sendRtcp(uint32_t viewer, Bytes packet);
	/** Says goodbye. */
	void close(uint32_t viewer);

	/** A DTLS or SRTCP datagram of a proven address. It waits behind everything else. */
	void receive(uint32_t viewer, PeerFacts& facts, View datagram);

private:
	struct Open {
		uint32_t viewer;
		std::shared_ptr<PeerFacts> facts;
		Fingerprint fingerprint;
	};
	struct Move {
		uint32_t viewer;
		Route route;
	};
	struct Media {
		std::shared_ptr<const MediaBatch> batch;
	};
	struct Rtcp {
		uint32_t viewer;
		Bytes packet;
	};
	struct Close {
		uint32_t viewer;
	};
	using Command = std::variant<Open, Move, Media, Rtcp, Close>;
	struct Datagram {
		uint32_t viewer;
		Bytes bytes;
	};
	using Viewers = std::unordered_map<uint32_t, Viewer>;

	void post(Command command);
	void run();
	/** Waits for work, or for the time to look at timers. @returns false when there is none and there will be none */
	bool next(std::vector<Command>& commands, std::deque<Datagram>& datagrams);
	/** @returns whether there is work, or never will be */
	bool ready() const { return !commands_.empty() || !datagrams_.empty() || stopping_; }

	/** A viewer and what it gets of a batch. */
	struct Turn {
		const Route* route;
		SrtpSender* sender;
		const Destination* destination;
	};
	/** The secured ones among a batch's destinations that are this thread's. */
	const std::vector<Turn>& turnsOf(const MediaBatch& batch);

	void act(Open& open);
	void act(Move& move);
	void act(Media& media);
	void act(Rtcp& rtcp);
	void act(Close& close);

	void take(const Datagram& datagram);
	void takeDtls(uint32_t id, Viewer& viewer, View datagram);
	void takeRtcp(uint32_t id, Viewer& viewer, View datagram);
	void checkTimers();
	/** Sends what DTLS wrote, and follows its state. */
	void follow(uint32_t id, Viewer& viewer);
	void goodbye(Viewer& viewer);
	void erase(Viewers::iterator viewer);

	const Options options_;
	Outbox outbox_;
	Viewers viewers_;
	/** Of the batch that is being sent; memory that is used again. */
	std::vector<Turn> turns_;
	/** Those whose DTLS timers run. */
	std::unordered_set<uint32_t> handshakes_;
	std::chrono::steady_clock::time_point timersChecked_;

	std::mutex mutex_;
	std::vector<Command> commands_;
	std::deque<Datagram> datagrams_;
	size_t queuedMedia_ = 0;
	bool stopping_ = false;
	std::thread thread_;
};

}  // namespace dualcast
