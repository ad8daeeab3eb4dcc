#include "ice_agent.h"

#include <algorithm>

#include "limits.h"

namespace dualcast {
namespace {

std::string username(const IceCredentials& credentials) { return credentials.ufrag + ":" + credentials.remoteUfrag; }

std::string seconds(uint64_t milliseconds) { return std::to_string(milliseconds / 1000) + " s"; }

}  // namespace

IceAgent::IceAgent(IceCredentials credentials, std::shared_ptr<PeerFacts> facts, uint64_t now)
    : credentials_(std::move(credentials)), facts_(std::move(facts)), opened_(now) {}

std::optional<std::string> IceAgent::restart(IceCredentials credentials) {
	std::optional<std::string> retired;
	if (restart_) retired = restart_->ufrag;
	restart_ = std::move(credentials);
	return retired;
}

std::optional<IceAgent::Checked> IceAgent::check(View bytes, const stun::Message& message, const Route& from) const {
	if (message.type != stun::BINDING_REQUEST) return {};
	for (const IceCredentials* each : {&credentials_, restart_ ? &*restart_ : nullptr}) {
		if (each == nullptr || message.username != username(*each)) continue;
		if (!stun::isAuthentic(bytes, message, each->password)) return {};
		return Checked{stun::bindingSuccess(message, from, each->password), message.useCandidate, each->ufrag};
	}
	return {};
}

IceAgent::Adopted IceAgent::adopt(const Checked& checked, const Route& from, uint64_t now) {
	Adopted adopted{false, {}, {}};
	checked_ = true;
	facts_->bindingRequests++;
	if (restart_ && checked.ufrag == restart_->ufrag) {
		adopted.retired = credentials_.ufrag;
		credentials_ = *restart_;
		restart_.reset();
	}
	release(from);
	addresses_.emplace_back(from, now);
	if (!route_ || ((checked.nominated || !holds(*route_, now)) && !(*route_ == from))) {
		route_ = from;
		adopted.moved = true;
	}
	if (checked.nominated || (adopted.moved && facts_->remote())) facts_->setRemote(*route_);
	if (addresses_.size() > limits::MAX_ADDRESSES_PER_PEER) {
		adopted.forgotten = addresses_.front().first;
		addresses_.erase(addresses_.begin());
	}
	return adopted;
}

void IceAgent::release(const Route& address) {
	const auto known = [&](const auto& entry) { return entry.first == address; };
	addresses_.erase(std::remove_if(addresses_.begin(), addresses_.end(), known), addresses_.end());
}

bool IceAgent::holds(const Route& address, uint64_t now) const {
	return std::any_of(addresses_.begin(), addresses_.end(), [&](const auto& entry) {
		return entry.first == address && now - entry.second < limits::ADDRESS_HOLD_MS;
	});
}

std::optional<std::string> IceAgent::expired(uint64_t now) {
	if (checked_) lastCheck_ = now;
	checked_ = false;
	if (lastCheck_ && now - *lastCheck_ >= limits::CONSENT_TIMEOUT_MS) {
		return "no connectivity check for " + seconds(limits::CONSENT_TIMEOUT_MS);
	}
	if (facts_->secured || now - opened_ < limits::CONNECT_TIMEOUT_MS) return {};
	return (lastCheck_ ? "not secured by DTLS within " : "no connectivity check arrived within ") +
	       seconds(limits::CONNECT_TIMEOUT_MS);
}

std::vector<std::string> IceAgent::ufrags() const {
	std::vector<std::string> known{credentials_.ufrag};
	if (restart_) known.push_back(restart_->ufrag);
	return known;
}

std::vector<Route> IceAgent::addresses() const {
	std::vector<Route> known;
	for (const auto& [address, lastCheck] : addresses_) known.push_back(address);
	return known;
}

}  // namespace dualcast
