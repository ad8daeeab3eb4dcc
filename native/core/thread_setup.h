#pragma once

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace dualcast {

/** Starts a thread that no signal of the process goes to. @param name at most 15 characters are shown */
template <typename Run>
std::thread startThread(const char* name, Run run) {
	sigset_t all;
	sigset_t before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	std::thread thread(std::move(run));
	pthread_sigmask(SIG_SETMASK, &before, nullptr);
	pthread_setname_np(thread.native_handle(), name);
	return thread;
}

}  // namespace dualcast
