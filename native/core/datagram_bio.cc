#include "datagram_bio.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace dualcast {
namespace {

/** Of IPv6 and UDP. */
constexpr long HEADERS = 48;

DatagramBio* self(BIO* bio) { return static_cast<DatagramBio*>(BIO_get_data(bio)); }

}  // namespace

DatagramBio::DatagramBio() : bio_(BIO_new(method())) {
	if (!bio_) throw std::bad_alloc();
	BIO_set_data(bio_.get(), this);
	BIO_set_init(bio_.get(), 1);
}

void DatagramBio::attach(SSL* ssl) {
	// One reference serves both directions.
	BIO_up_ref(bio_.get());
	SSL_set_bio(ssl, bio_.get(), bio_.get());
}

std::vector<Bytes> DatagramBio::takeOutgoing() {
	std::vector<Bytes> taken;
	taken.swap(outgoing_);
	return taken;
}

BIO_METHOD* DatagramBio::method() {
	static BIO_METHOD* const made = [] {
		BIO_METHOD* const fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
		BIO_meth_set_write(fresh, write);
		BIO_meth_set_read(fresh, read);
		BIO_meth_set_ctrl(fresh, control);
		return fresh;
	}();
	return made;
}

int DatagramBio::write(BIO* bio, const char* data, int length) {
	if (length <= 0) return 0;
	const auto* bytes = reinterpret_cast<const uint8_t*>(data);
	self(bio)->outgoing_.emplace_back(bytes, bytes + length);
	return length;
}

int DatagramBio::read(BIO* bio, char* data, int length) {
	BIO_clear_retry_flags(bio);
	View& incoming = self(bio)->incoming_;
	if (incoming.size == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	const size_t taken = std::min(incoming.size, static_cast<size_t>(std::max(length, 0)));
	std::memcpy(data, incoming.data, taken);
	incoming = {};
	return static_cast<int>(taken);
}

long DatagramBio::control(BIO*, int command, long, void*) {
	switch (command) {
		case BIO_CTRL_FLUSH:
			return 1;
		case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
			return HEADERS;
		default:
			return 0;
	}
}

}  // namespace dualcast
