#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <vector>

#include "bytes.h"

namespace dualcast {

/** What OpenSSL reads and writes instead of a socket: one datagram at a time. Outlives the `SSL` it is given to. */
class DatagramBio {
public:
	DatagramBio();
	DatagramBio(const DatagramBio&) = delete;
	DatagramBio& operator=(const DatagramBio&) = delete;

	/** Lets a session read and write here. */
	void attach(SSL* ssl);
	/** The datagram that is read next; valid until it was read or `clear` was called. */
	void offer(View datagram) { incoming_ = datagram; }
	void clear() { incoming_ = {}; }
	/** What was written since the last call. */
	std::vector<Bytes> takeOutgoing();

private:
	static BIO_METHOD* method();
	static int write(BIO* bio, const char* data, int length);
	static int read(BIO* bio, char* data, int length);
	static long control(BIO* bio, int command, long number, void* pointer);

	struct Release {
		void operator()(BIO* bio) const { BIO_free(bio); }
	};
	std::unique_ptr<BIO, Release> bio_;
	View incoming_;
	std::vector<Bytes> outgoing_;
};

}  // namespace dualcast
