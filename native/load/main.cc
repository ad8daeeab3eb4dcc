#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../client/client_viewer.h"
#include "../client/pace.h"
#include "../core/byte_order.h"

// Many viewers for the bench, as cheap as they can be: real ICE and DTLS, then packets are counted by what their
// headers say and thrown away. On standard input one command a line, answers on standard output:
//   join ADDRESS PORT UFRAG PASSWORD OWN_UFRAG     -> "media NUMBER MILLISECONDS" at its first packet
//   count                                           -> "count VIEWERS PACKETS BYTES LOST LONGEST_GAP_MS FEWEST MOST"
//   frames                                          -> "frames TIMESTAMP:ARRIVAL,ARRIVAL TIMESTAMP:…" since the last time
// The longest gap of any viewer and the fewest and the most packets that one got are those since the last count.
// Frames are known by their RTP timestamp; a frame's last packet comes to each viewer at a time in microseconds of the
// monotonic clock. Words of the command line: "separate", each datagram comes alone and wakes its viewer; otherwise those
// of a burst are taken together, and sockets are looked into every few milliseconds. "stamped", frames are noted, and
// taken only when all viewers should have them and nobody else wants the processor.

namespace {

using namespace dualcast;
using Time = std::chrono::steady_clock;

constexpr size_t RTP_HEADER = 12;

struct Source {
	uint64_t packets = 0;
	/** Sequence numbers passed since the first packet, and the last of them. */
	int64_t span = 0;
	uint16_t last = 0;
};

/** How the viewers receive. */
struct Manner {
	bool coalesced = true;
	bool stamped = false;
};

/** When each viewer got the last packet of a frame, microseconds, by the frame's RTP timestamp. */
using Frames = std::map<uint32_t, std::vector<int64_t>>;

constexpr uint8_t MARKER = 0x80;

/** How often viewers who take packets together look whether something came. */
constexpr std::chrono::milliseconds REST{5};
/** Where frames are noted it is taken so much later, between two of them: viewers elsewhere would not be in the way. */
constexpr std::chrono::milliseconds PATIENCE{12};
/** They begin when nobody has joined for so long: what a viewer begins with comes quicker than its socket can hold. */
constexpr std::chrono::seconds SETTLED{2};

struct Receiver {
	ClientViewer viewer;
	size_t number;
	Time::time_point joined = Time::now();
	Time::time_point lastMedia{};
	double longestGap = 0;
	uint64_t packetsSinceCount = 0;
	uint64_t bytes = 0;
	std::map<uint32_t, Source> sources;

	Receiver(SSL_CTX* context, const Route& server, IceCredentials credentials, size_t number, Manner manner)
	    : viewer(context, server, std::move(credentials)), number(number) {
		if (manner.coalesced) viewer.coalesce();
		if (manner.stamped) viewer.stamp();
	}

	void take(View packet) {
		// RTCP is no media (RFC 5761 4).
		if (packet.size < RTP_HEADER || (packet.data[1] >= 192 && packet.data[1] < 224)) return;
		const auto now = Time::now();
		const auto since = [&](Time::time_point start) {
			return std::chrono::duration<double, std::milli>(now - start).count();
		};
		if (sources.empty()) std::cout << "media " << number << ' ' << since(joined) << std::endl;
		else longestGap = std::max(longestGap, since(lastMedia));
		lastMedia = now;
		bytes += packet.size;
		packetsSinceCount++;
		Source& source = sources[readU32(packet.data + 8)];
		const uint16_t sequence = readU16(packet.data + 2);
		const auto step = static_cast<int16_t>(static_cast<uint16_t>(sequence - source.last));
		if (source.packets++ > 0) {
			if (step <= 0) return;
			source.span += step;
		}
		source.last = sequence;
	}
};

class Load {
public:
	explicit Load(Manner manner)
	    : manner_(manner),
	      own_(SelfSigned::make()),
	      context_(makeDtlsClientContext(own_, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80")) {
		watch(STDIN_FILENO, nullptr);
		std::cout << "fingerprint sha-256 " << own_.fingerprint << std::endl;
	}

	void run() {
		epoll_event events[256];
		Pace pace(Time::now());
		while (true) {
			// A gateway would pay for each time that its packets wake a viewer on the same machine, and not for viewers
			// elsewhere. Where it matters when packets come, the kernel notes it.
			const bool resting = manner_.coalesced && Time::now() - joined_ > SETTLED;
			if (resting) std::this_thread::sleep_for(REST);
			int ready = epoll_wait(epoll_, events, 256, Pace::HURRY.count());
			if (resting && manner_.stamped && ready > 0) {
				std::this_thread::sleep_for(PATIENCE);
				ready = epoll_wait(epoll_, events, 256, 0);
			}
			for (int at = 0; at < ready; at++) {
				auto* const receiver = static_cast<Receiver*>(events[at].data.ptr);
				if (receiver == nullptr) {
					if (!readCommands()) return;
				} else {
					receiver->viewer.receive(batch_, [&](View packet) {
						receiver->take(packet);
						if (manner_.stamped) note(packet);
					});
				}
			}
			const Pace::Due due = pace.due(Time::now());
			if (due == Pace::Due::NOBODY) continue;
			for (const auto& receiver : receivers_) {
				if (receiver->viewer.ended()) continue;
				if (due == Pace::Due::ALL || !receiver->viewer.secured()) receiver->viewer.tick();
			}
		}
	}

private:
	void watch(int descriptor, Receiver* receiver) {
		epoll_event event{};
		event.events = EPOLLIN;
		event.data.ptr = receiver;
		epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
	}

	/** @returns false at the end of the input */
	bool readCommands() {
		char bytes[65'536];
		const ssize_t length = read(STDIN_FILENO, bytes, sizeof bytes);
		if (length <= 0) return false;
		input_.append(bytes, static_cast<size_t>(length));
		for (size_t end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
			obey(input_.substr(0, end));
			input_.erase(0, end + 1);
		}
		return true;
	}

	void obey(const std::string& line) {
		std::istringstream words(line);
		std::string command, address;
		words >> command;
		if (command == "count") return tell();
		if (command == "frames") return tellFrames();
		if (command != "join") return;
		uint16_t port = 0;
		IceCredentials credentials;
		words >> address >> port >> credentials.ufrag >> credentials.password >> credentials.remoteUfrag;
		Route server;
		server.setAddress(address, port);
		receivers_.push_back(
		    std::make_unique<Receiver>(context_.get(), server, std::move(credentials), receivers_.size(), manner_));
		watch(receivers_.back()->viewer.descriptor(), receivers_.back().get());
		receivers_.back()->viewer.check();
		joined_ = Time::now();
	}

	void tell() {
		uint64_t packets = 0, bytes = 0, most = 0;
		uint64_t fewest = receivers_.empty() ? 0 : UINT64_MAX;
		int64_t lost = 0;
		double gap = 0;
		for (const auto& receiver : receivers_) {
			bytes += receiver->bytes;
			gap = std::max(gap, receiver->longestGap);
			receiver->longestGap = 0;
			const uint64_t sinceCount = std::exchange(receiver->packetsSinceCount, 0);
			fewest = std::min(fewest, sinceCount);
			most = std::max(most, sinceCount);
			for (const auto& [ssrc, source] : receiver->sources) {
				packets += source.packets;
				lost += source.span + 1 - static_cast<int64_t>(source.packets);
			}
		}
		std::cout << "count " << receivers_.size() << ' ' << packets << ' ' << bytes << ' ' << lost << ' ' << gap
		          << ' ' << fewest << ' ' << most << std::endl;
	}

	void note(View packet) {
		if (packet.size < RTP_HEADER || (packet.data[1] & MARKER) == 0 || batch_.arrivedAt() == 0) return;
		if (packet.data[1] >= 192 && packet.data[1] < 224) return;
		std::vector<int64_t>& frame = frames_[readU32(packet.data + 4)];
		// A replay ends with the timestamps of frames that were.
		if (frame.size() < receivers_.size()) frame.push_back(batch_.arrivedAt() / 1000);
	}

	void tellFrames() {
		std::cout << "frames";
		for (const auto& [timestamp, arrivals] : frames_) {
			char separator = ':';
			std::cout << ' ' << timestamp;
			for (const int64_t arrival : arrivals) std::cout << std::exchange(separator, ',') << arrival;
		}
		std::cout << std::endl;
		frames_.clear();
	}

	const Manner manner_;
	const SelfSigned own_;
	const SslContext context_;
	const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
	CoalescedBatch batch_;
	std::string input_;
	std::vector<std::unique_ptr<Receiver>> receivers_;
	Time::time_point joined_{};
	Frames frames_;
};

/** The kernel notes when packets come; taking them then can wait for any other process, as for one elsewhere. */
void giveWay() {
	const sched_param none{};
	sched_setscheduler(0, SCHED_IDLE, &none);
}

}  // namespace

int main(int count, char** words) {
	Manner manner;
	for (int at = 1; at < count; at++) {
		if (std::string_view(words[at]) == "separate") manner.coalesced = false;
		if (std::string_view(words[at]) == "stamped") manner.stamped = true;
	}
	if (manner.stamped) giveWay();
	Load(manner).run();
	return 0;
}
