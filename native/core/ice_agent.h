#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "peer_facts.h"
#include "stun.h"

namespace dualcast {

/** Ours, and the viewer's user fragment: what a check names and is signed with (RFC 8445 7.2.2). */
struct IceCredentials {
	std::string ufrag;
	std::string password;
	std::string remoteUfrag;
};

/**
 * A lite agent's side of one viewer (RFC 8445 2.5): it answers authenticated checks and nothing else, so it can
 * neither be made to send to a third party nor tell a stranger that it is there. Consent (RFC 7675) is the checks
 * that keep coming.
 */
class IceAgent {
public:
	/** An authenticated check. */
	struct Checked {
		Bytes response;
		bool nominated;
		/** The local ufrag it named. */
		std::string ufrag;
	};
	struct Adopted {
		/** Media goes to the check's address from now on. */
		bool moved;
		/** Credentials that serve no more: a restart is done. */
		std::optional<std::string> retired;
		/** The address that is forgotten, if there are too many. */
		std::optional<Route> forgotten;
	};

	/** @param now monotonic ms, as everywhere here */
	IceAgent(IceCredentials credentials, std::shared_ptr<PeerFacts> facts, uint64_t now);

	/** Takes new credentials; the old ones serve until a check names these. @returns a ufrag that serves no more */
	std::optional<std::string> restart(IceCredentials credentials);
	/** Checks a message without acting on it. @returns nothing for what must not be answered */
	std::optional<Checked> check(View bytes, const stun::Message& message, const Route& from) const;
	/**
	 * Acts on a check: the address is proven. It is used with a nomination, or when no check comes from the one that is used:
	 * a NAT may give a viewer another port, and Firefox nominates once.
	 */
	Adopted adopt(const Checked& checked, const Route& from, uint64_t now);
	/** Forgets an address: its connection is gone or another viewer has it. */
	void release(const Route& address);
	/** True while another viewer may not claim this address. */
	bool holds(const Route& address, uint64_t now) const;
	/** Why the viewer is to be dropped now, if it is. Called about once a second. */
	std::optional<std::string> expired(uint64_t now);

	std::vector<std::string> ufrags() const;
	std::vector<Route> addresses() const;

private:
	IceCredentials credentials_;
	std::optional<IceCredentials> restart_;
	std::shared_ptr<PeerFacts> facts_;
	/** When each proven address last sent a check, the longest known first. */
	std::vector<std::pair<Route, uint64_t>> addresses_;
	std::optional<Route> route_;
	const uint64_t opened_;
	std::optional<uint64_t> lastCheck_;
	/** A check came after `expired` was called last. */
	bool checked_ = false;
};

}  // namespace dualcast
