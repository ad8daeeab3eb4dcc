#include "front.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "thread_setup.h"

namespace dualcast {
namespace {

/** DTLS, and SRTP and SRTCP, by the first byte (RFC 7983); RTCP by the second (RFC 5761 4). */
bool isDtls(View datagram) { return datagram.data[0] >= 20 && datagram.data[0] < 64; }

bool isRtcp(View datagram) {
	return datagram.size > 1 && datagram.data[0] >= 128 && datagram.data[0] < 192 && datagram.data[1] >= 192 &&
	       datagram.data[1] < 224;
}

}  // namespace

Front::Front(Options options)
    : options_(std::move(options)),
      outbox_(options_.events, options_.counters, false),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
	if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Front::~Front() {
	stop();
	::close(wake_);
}

const UdpSocket& Front::bind(const std::string& host, uint16_t port) {
	return *sockets_.emplace_back(std::make_unique<UdpSocket>(host, port));
}

void Front::start() {
	thread_ = startThread("dualcast ice", [this] { run(); });
}

void Front::stop() {
	{
		const std::lock_guard lock(mutex_);
		stopping_ = true;
	}
	wakeUp();
	if (thread_.joinable()) thread_.join();
}

void Front::open(uint32_t viewer, IceCredentials credentials, std::shared_ptr<PeerFacts> facts, uint64_t now) {
	leave(Open{viewer, std::move(credentials), std::move(facts), now});
}

void Front::restart(uint32_t viewer, IceCredentials credentials) { leave(Restart{viewer, std::move(credentials)}); }

void Front::forget(uint32_t viewer) { leave(Forget{viewer}); }

void Front::releaseConnection(const Route& connection) { post(Release{connection}); }

void Front::sweep(uint64_t now) { post(Sweep{now}); }

bool Front::receive(const Route& from, View datagram) {
	{
		const std::lock_guard lock(mutex_);
		if (queuedDatagrams_ >= limits::MAX_QUEUED_STREAM_DATAGRAMS) return false;
		queuedDatagrams_++;
		commands_.emplace_back(Datagram{from, datagram.copy()});
	}
	wakeUp();
	return true;
}

void Front::leave(Command command) {
	const std::lock_guard lock(mutex_);
	commands_.push_back(std::move(command));
}

void Front::post(Command command) {
	leave(std::move(command));
	wakeUp();
}

void Front::wakeUp() {
	const uint64_t one = 1;
	// It can fail only when the counter is full, and then the thread is awake.
	[[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

void Front::run() {
	const auto batch = std::make_unique<ReceiveBatch>();
	std::vector<pollfd> watched{{wake_, POLLIN, 0}};
	for (const auto& socket : sockets_) watched.push_back({socket->descriptor(), POLLIN, 0});
	while (true) {
		poll(watched.data(), watched.size(), -1);
		if (watched[0].revents != 0) {
			uint64_t ignored = 0;
			[[maybe_unused]] const ssize_t read = ::read(wake_, &ignored, sizeof ignored);
		}
		if (!runCommands()) return;
		for (size_t at = 0; at < sockets_.size(); at++) {
			if (watched[at + 1].revents == 0) continue;
			const size_t received = batch->receive(*sockets_[at]);
			// What was asked before one of these came is done before it is looked at.
			if (!runCommands()) return;
			for (size_t index = 0; index < received; index++) {
				const ReceiveBatch::Datagram datagram = batch->at(index);
				// Port 0 can be forged but not sent to.
				if (datagram.from.port() == 0) continue;
				route(datagram.truncated ? View{} : datagram.bytes, datagram.from);
			}
		}
	}
}

bool Front::runCommands() {
	std::vector<Command> commands;
	{
		const std::lock_guard lock(mutex_);
		if (stopping_) return false;
		commands.swap(commands_);
		queuedDatagrams_ = 0;
	}
	for (Command& command : commands) std::visit([this](auto& what) { act(what); }, command);
	return true;
}

void Front::act(Open& open) {
	now_ = open.now;
	Peer peer{open.viewer, IceAgent(open.credentials, open.facts, open.now), open.facts};
	Peer& kept = peers_.emplace(open.viewer, std::move(peer)).first->second;
	byUfrag_[open.credentials.ufrag] = &kept;
}

void Front::act(Restart& restart) {
	const auto found = peers_.find(restart.viewer);
	if (found == peers_.end()) return;
	byUfrag_[restart.credentials.ufrag] = &found->second;
	const auto retired = found->second.ice.restart(std::move(restart.credentials));
	if (retired) byUfrag_.erase(*retired);
}

void Front::act(Forget& forget) { erase(forget.viewer); }

void Front::act(Datagram& datagram) { route(datagram.bytes, datagram.from); }

void Front::act(Release& release) {
	const auto found = byAddress_.find(release.connection);
	if (found == byAddress_.end()) return;
	found->second->ice.release(release.connection);
	byAddress_.erase(found);
}

void Front::act(Sweep& sweep) {
	now_ = sweep.now;
	for (auto at = peers_.begin(); at != peers_.end();) {
		const uint32_t viewer = at->first;
		const auto reason = (at++)->second.ice.expired(now_);
		if (!reason) continue;
		options_.shardOf(viewer).close(viewer);
		options_.events.push({Event::Kind::CLOSED, viewer, {}, *reason});
		erase(viewer);
	}
}

void Front::route(View datagram, const Route& from) {
	bool taken = false;
	if (stun::isStun(datagram)) {
		taken = routeStun(datagram, from);
	} else if (datagram.size > 0 && (isDtls(datagram) || isRtcp(datagram))) {
		const auto found = byAddress_.find(from);
		taken = found != byAddress_.end();
		if (taken) {
			Peer& peer = *found->second;
			if (isDtls(datagram)) peer.facts->dtlsDatagrams++;
			options_.shardOf(peer.viewer).receive(peer.viewer, *peer.facts, datagram);
		}
	}
	if (!taken) count(options_.counters.strayDatagrams);
}

bool Front::routeStun(View datagram, const Route& from) {
	const auto message = stun::parse(datagram);
	if (!message || !message->username) return false;
	const auto found = byUfrag_.find(std::string(message->username->substr(0, message->username->find(':'))));
	if (found == byUfrag_.end()) return false;
	Peer& peer = *found->second;
	const auto checked = peer.ice.check(datagram, *message, from);
	if (!checked || !claim(peer, from)) return false;
	const IceAgent::Adopted adopted = peer.ice.adopt(*checked, from, now_);
	if (adopted.retired) byUfrag_.erase(*adopted.retired);
	if (adopted.forgotten) byAddress_.erase(*adopted.forgotten);
	if (adopted.moved) options_.shardOf(peer.viewer).move(peer.viewer, from);
	if (!from.overUdp()) options_.events.push({Event::Kind::CHECKED, peer.viewer, {}, {}, from.connection});
	answer(from, checked->response);
	return true;
}

bool Front::claim(Peer& peer, const Route& from) {
	Peer*& owner = byAddress_[from];
	if (owner != nullptr && owner != &peer) {
		if (owner->ice.holds(from, now_)) return false;
		owner->ice.release(from);
	}
	owner = &peer;
	return true;
}

void Front::answer(const Route& to, View response) {
	outbox_.add(to, response);
	outbox_.flush();
}

void Front::erase(uint32_t viewer) {
	const auto found = peers_.find(viewer);
	if (found == peers_.end()) return;
	for (const std::string& ufrag : found->second.ice.ufrags()) byUfrag_.erase(ufrag);
	for (const Route& address : found->second.ice.addresses()) byAddress_.erase(address);
	peers_.erase(found);
}

}  // namespace dualcast
