#include "shard.h"

#include "prefetch.h"
#include "thread_setup.h"

namespace dualcast {
namespace {

/** DTLS, other than SRTP and SRTCP, by the first byte (RFC 7983). */
bool isDtls(View datagram) { return datagram.data[0] < 64; }

}  // namespace

Shard::Shard(Options options)
    : options_(std::move(options)), outbox_(options_.events, options_.counters, options_.segmentation) {}

void Shard::start() {
	thread_ = startThread("dualcast media", [this] { run(); });
}

void Shard::stop() {
	{
		const std::lock_guard lock(mutex_);
		stopping_ = true;
	}
	options_.bell.ring(ear());
	if (thread_.joinable()) thread_.join();
}

void Shard::open(uint32_t viewer, std::shared_ptr<PeerFacts> facts, Fingerprint fingerprint) {
	// Nobody is woken: there is nothing to do before it is moved to its first address.
	const std::lock_guard lock(mutex_);
	commands_.emplace_back(Open{viewer, std::move(facts), std::move(fingerprint)});
}

void Shard::move(uint32_t viewer, const Route& route) { post(Move{viewer, route}); }

void Shard::sendRtcp(uint32_t viewer, Bytes packet) { post(Rtcp{viewer, std::move(packet)}); }

void Shard::close(uint32_t viewer) { post(Close{viewer}); }

void Shard::send(std::shared_ptr<const MediaBatch> batch) {
	const std::lock_guard lock(mutex_);
	if (queuedMedia_ + batch->memory.size() > limits::MAX_QUEUED_MEDIA) {
		count(options_.counters.sendErrors, batch->packets.size());
		return;
	}
	queuedMedia_ += batch->memory.size();
	commands_.emplace_back(Media{std::move(batch)});
}

void Shard::receive(uint32_t viewer, PeerFacts& facts, View datagram) {
	if (facts.waiting.fetch_add(1) >= limits::MAX_WAITING_DATAGRAMS) {
		facts.waiting.fetch_sub(1);
		return;
	}
	{
		const std::lock_guard lock(mutex_);
		datagrams_.push_back({viewer, datagram.copy()});
	}
	options_.bell.ring(ear());
}

void Shard::post(Command command) {
	{
		const std::lock_guard lock(mutex_);
		commands_.push_back(std::move(command));
	}
	options_.bell.ring(ear());
}

void Shard::run() {
	std::vector<Command> commands;
	std::deque<Datagram> datagrams;
	// RTCP of a turn goes out together: everybody's reports are asked for at once.
	// One datagram a turn: a handshake takes a third of a millisecond, and media must not wait for many of them.
	while (next(commands, datagrams)) {
		for (Command& command : commands) std::visit([this](auto& what) { act(what); }, command);
		commands.clear();
		outbox_.flush();
		if (!datagrams.empty()) take(datagrams.front());
		datagrams.clear();
		checkTimers();
	}
	for (auto& [id, viewer] : viewers_) goodbye(viewer);
	outbox_.flush();
	viewers_.clear();
}

bool Shard::next(std::vector<Command>& commands, std::deque<Datagram>& datagrams) {
	std::unique_lock lock(mutex_);
	while (!ready()) {
		const uint32_t seen = options_.bell.rung();
		lock.unlock();
		if (handshakes_.empty()) {
			options_.bell.wait(ear(), seen);
		} else {
			options_.bell.wait(ear(), seen, std::chrono::milliseconds(limits::TIMER_PERIOD_MS));
		}
		lock.lock();
		if (!handshakes_.empty()) break;
	}
	commands.swap(commands_);
	queuedMedia_ = 0;
	if (!datagrams_.empty()) {
		datagrams.push_back(std::move(datagrams_.front()));
		datagrams_.pop_front();
	}
	return !commands.empty() || !datagrams.empty() || !stopping_;
}

void Shard::act(Open& open) {
	viewers_.emplace(open.viewer, Viewer{std::move(open.facts), std::move(open.fingerprint), {}, nullptr, nullptr});
}

void Shard::act(Move& move) {
	const auto found = viewers_.find(move.viewer);
	if (found != viewers_.end()) found->second.route = move.route;
}

const std::vector<Shard::Turn>& Shard::turnsOf(const MediaBatch& batch) {
	turns_.clear();
	for (const Destination& destination : batch.destinations) {
		if (destination.viewer % options_.count != options_.index) continue;
		const auto found = viewers_.find(destination.viewer);
		if (found == viewers_.end() || !found->second.srtp) continue;
		turns_.push_back({&found->second.route, &found->second.srtp->sender, &destination});
	}
	return turns_;
}

void Shard::act(Media& media) {
	const MediaBatch& batch = *media.batch;
	const std::vector<Turn>& turns = turnsOf(batch);
	for (size_t at = 0; at < turns.size(); at++) {
		// Each viewer's keys are far away by now. While packets of one are encrypted, those of the next come near.
		if (at + 2 < turns.size()) prefetch(*turns[at + 2].sender);
		if (at + 1 < turns.size()) turns[at + 1].sender->prefetchKeys();
		const auto& [route, sender, to] = turns[at];
		const Destination& destination = *to;
		outbox_.begin(*route);
		size_t refused = batch.refused;
		for (const MediaPacket& packet : batch.packets) {
			const auto sequence = static_cast<uint16_t>(packet.sequence + destination.sequenceOffset);
			const auto payloadType = static_cast<uint8_t>(destination.payloadType & 0x7f);
			const size_t length = sender->protect(packet, payloadType, sequence, outbox_.room());
			if (length == 0) refused++;
			outbox_.commit(length);
		}
		if (refused > 0) count(options_.counters.sendErrors, refused);
	}
	outbox_.flush();
}

void Shard::act(Rtcp& rtcp) {
	const auto found = viewers_.find(rtcp.viewer);
	if (found == viewers_.end() || !found->second.srtp || rtcp.packet.size() > limits::MAX_RTCP) return;
	const auto datagram = found->second.srtp->rtcpSender.protect(rtcp.packet);
	if (!datagram) return;
	outbox_.add(found->second.route, *datagram);
}

void Shard::act(Close& close) {
	const auto found = viewers_.find(close.viewer);
	if (found == viewers_.end()) return;
	goodbye(found->second);
	outbox_.flush();
	erase(found);
}

void Shard::take(const Datagram& datagram) {
	const auto found = viewers_.find(datagram.viewer);
	if (found == viewers_.end()) return;
	auto& [id, viewer] = *found;
	viewer.facts->waiting.fetch_sub(1);
	if (isDtls(datagram.bytes)) {
		takeDtls(id, viewer, datagram.bytes);
	} else {
		takeRtcp(id, viewer, datagram.bytes);
	}
}

void Shard::takeDtls(uint32_t id, Viewer& viewer, View datagram) {
	if (!viewer.dtls) {
		viewer.dtls = std::make_unique<DtlsSession>(options_.context, viewer.fingerprint);
		handshakes_.insert(id);
	}
	viewer.dtls->receive(datagram);
	follow(id, viewer);
}

void Shard::takeRtcp(uint32_t id, Viewer& viewer, View datagram) {
	auto packet = viewer.srtp ? viewer.srtp->rtcpReceiver.unprotect(datagram) : std::nullopt;
	if (!packet) return count(options_.counters.strayDatagrams);
	if (!options_.events.push({Event::Kind::RTCP, id, std::move(*packet), {}})) count(options_.counters.strayDatagrams);
}

void Shard::checkTimers() {
	const auto now = std::chrono::steady_clock::now();
	if (now - timersChecked_ < std::chrono::milliseconds(limits::TIMER_PERIOD_MS)) return;
	timersChecked_ = now;
	for (auto at = handshakes_.begin(); at != handshakes_.end();) {
		const uint32_t id = *at++;
		const auto found = viewers_.find(id);
		if (found == viewers_.end()) continue;
		found->second.dtls->checkTimer();
		follow(id, found->second);
	}
}

void Shard::follow(uint32_t id, Viewer& viewer) {
	DtlsSession& dtls = *viewer.dtls;
	for (const Bytes& datagram : dtls.takeOutgoing()) outbox_.add(viewer.route, datagram);
	outbox_.flush();
	if (dtls.state() == DtlsSession::State::HANDSHAKE) return;
	handshakes_.erase(id);
	if (dtls.state() == DtlsSession::State::SECURED) {
		if (viewer.srtp) return;
		viewer.srtp = std::make_unique<SrtpSession>(dtls.material());
		viewer.facts->secured = true;
		options_.events.push({Event::Kind::SECURED, id, {}, {}});
		return;
	}
	options_.events.push({Event::Kind::CLOSED, id, {}, dtls.closeReason()});
	options_.forget(id);
	erase(viewers_.find(id));
}

void Shard::goodbye(Viewer& viewer) {
	if (!viewer.dtls) return;
	viewer.dtls->close();
	for (const Bytes& datagram : viewer.dtls->takeOutgoing()) outbox_.add(viewer.route, datagram);
}

void Shard::erase(Viewers::iterator viewer) {
	handshakes_.erase(viewer->first);
	viewers_.erase(viewer);
}

}  // namespace dualcast
