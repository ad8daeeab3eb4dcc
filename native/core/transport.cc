#include "transport.h"

#include <algorithm>

namespace dualcast {

Transport::Transport(Options options)
    : options_(std::move(options)),
      context_(makeDtlsServerContext(algorithms_, options_.certificate, options_.privateKey)),
      events_(options_.wake),
      front_({events_, counters_, [this](uint32_t viewer) -> Shard& { return shardOf(viewer); }}) {}

uint16_t Transport::bind(const std::string& host, uint16_t port) {
	const UdpSocket& socket = front_.bind(host, port);
	canSegment_ = canSegment_ && socket.canSegment();
	return socket.port();
}

void Transport::start() {
	const uint32_t threads = std::clamp(options_.threads, 1u, limits::MAX_THREADS);
	const bool segmentation = options_.segmentation && canSegment_;
	for (uint32_t index = 0; index < threads; index++) {
		shards_.push_back(std::make_unique<Shard>(Shard::Options{
		    context_.get(), events_, counters_, bell_, segmentation, index, threads,
		    [this](uint32_t viewer) { front_.forget(viewer); }}));
	}
	for (const auto& shard : shards_) shard->start();
	front_.start();
}

void Transport::stop() {
	front_.stop();
	for (const auto& shard : shards_) shard->stop();
}

void Transport::open(uint32_t viewer, IceCredentials credentials, Fingerprint fingerprint, uint64_t now) {
	auto facts = std::make_shared<PeerFacts>();
	facts_.emplace(viewer, facts);
	shardOf(viewer).open(viewer, facts, std::move(fingerprint));
	front_.open(viewer, std::move(credentials), std::move(facts), now);
}

void Transport::restartIce(uint32_t viewer, IceCredentials credentials) {
	front_.restart(viewer, std::move(credentials));
}

void Transport::close(uint32_t viewer) {
	if (facts_.erase(viewer) == 0) return;
	front_.forget(viewer);
	shardOf(viewer).close(viewer);
}

void Transport::send(std::shared_ptr<const MediaBatch> batch) {
	uint64_t concerned = 0;
	for (const Destination& destination : batch->destinations) {
		concerned |= uint64_t{1} << destination.viewer % shards_.size();
	}
	Bell::Ears ears = 0;
	for (size_t index = 0; index < shards_.size(); index++) {
		if ((concerned >> index & 1) == 0) continue;
		shards_[index]->send(batch);
		ears |= shards_[index]->ear();
	}
	if (ears != 0) bell_.ring(ears);
}

void Transport::sendAgain(std::vector<Destination> destinations) {
	if (kept_) send(MediaBatch::again(kept_, std::move(destinations)));
}

void Transport::sendRtcp(uint32_t viewer, Bytes packet) { shardOf(viewer).sendRtcp(viewer, std::move(packet)); }

void Transport::sweep(uint64_t now) { front_.sweep(now); }

void Transport::receive(const Route& from, View datagram) {
	if (!front_.receive(from, datagram)) count(counters_.strayDatagrams);
}

void Transport::releaseConnection(const Route& connection) { front_.releaseConnection(connection); }

std::shared_ptr<const PeerFacts> Transport::facts(uint32_t viewer) const {
	const auto found = facts_.find(viewer);
	return found == facts_.end() ? nullptr : found->second;
}

}  // namespace dualcast
