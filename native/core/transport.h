#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "dtls_context.h"
#include "front.h"

namespace dualcast {

/** The secure transport: ICE-lite, DTLS and SRTP of every viewer on one UDP port, on threads of its own. */
class Transport {
public:
	struct Options {
		/** X.509 and PKCS #8, DER. */
		Bytes certificate;
		Bytes privateKey;
		/** Threads that encrypt and send; one more receives. */
		uint32_t threads = 1;
		/** Let the kernel cut a frame into datagrams, where it can. */
		bool segmentation = true;
		/** Called, on any thread, when there are events after there were none. */
		std::function<void()> wake;
	};

	/** @throws std::exception */
	explicit Transport(Options options);
	~Transport() { stop(); }
	Transport(const Transport&) = delete;
	Transport& operator=(const Transport&) = delete;

	/** Before `start` only. @returns the port @throws std::system_error when the address cannot be bound */
	uint16_t bind(const std::string& host, uint16_t port);
	void start();
	/** Says goodbye to every viewer and waits for the threads. Idempotent. */
	void stop();

	/** @param viewer a number that was never used before @param now monotonic ms */
	void open(uint32_t viewer, IceCredentials credentials, Fingerprint fingerprint, uint64_t now);
	void restartIce(uint32_t viewer, IceCredentials credentials);
	/** Says goodbye and forgets the viewer. */
	void close(uint32_t viewer);
	void send(std::shared_ptr<const MediaBatch> batch);
	/** The packets of this batch are what `sendAgain` sends. */
	void keep(std::shared_ptr<const MediaBatch> batch) { kept_ = std::move(batch); }
	/** Sends what was kept last; nothing before. */
	void sendAgain(std::vector<Destination> destinations);
	void sendRtcp(uint32_t viewer, Bytes packet);
	void sweep(uint64_t now);
	/** A datagram of a TCP connection that JavaScript holds. */
	void receive(const Route& from, View datagram);
	void releaseConnection(const Route& connection);

	/** Null when the viewer is not known. */
	std::shared_ptr<const PeerFacts> facts(uint32_t viewer) const;
	std::vector<Event> takeEvents() { return events_.take(); }
	const Counters& counters() const { return counters_; }

private:
	Shard& shardOf(uint32_t viewer) { return *shards_[viewer % shards_.size()]; }

	const Options options_;
	const WebrtcAlgorithms algorithms_;
	SslContext context_;
	Counters counters_;
	EventQueue events_;
	Bell bell_;
	Front front_;
	bool canSegment_ = true;
	std::vector<std::unique_ptr<Shard>> shards_;
	std::unordered_map<uint32_t, std::shared_ptr<PeerFacts>> facts_;
	std::shared_ptr<const MediaBatch> kept_;
};

}  // namespace dualcast
