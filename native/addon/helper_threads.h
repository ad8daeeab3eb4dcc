#pragma once

namespace dualcast {

/**
 * Makes the threads that Node has beside its loop, which collect and compile for V8, batch threads (sched(7)): woken,
 * they do not take the processor from who runs. The kernel of a virtual machine was seen to put a thread that the loop
 * woke on the loop's own processor, though another one was idle: packets then waited for a collection, 1 to 3 ms.
 *
 * To be called before there are threads of our own. Where the system forbids it nothing changes.
 */
void makeHelpersPatient();

}  // namespace dualcast
