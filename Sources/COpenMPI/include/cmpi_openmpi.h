// Open MPI, loaded at run time.
//
// Most people train on one machine and have no MPI; those who have one start us with its `mpirun`, or with `srun`. So
// the library is neither needed to build nor linked: it is opened when a launcher has started this process.
//
// What makes this sound is Open MPI's binary interface, which has been the same from 3.0 (libmpi.so.40) through 5:
// handles are addresses of exported variables (ompi_mpi_comm_world, ompi_mpi_byte), statuses may be ignored with NULL,
// and counts are int. MPICH's interface is another one (handles are numbers); its library lacks those variables and is
// refused by that. Tried with 4.1.4.
//
// Collectives are the non-blocking ones, tested until they are done or the time is up. Thus a rank that hangs is an
// error on the others, and a rank that waits does not burn a core, as Open MPI's blocking calls would.
#ifndef CMPI_OPENMPI_H
#define CMPI_OPENMPI_H

#include <stddef.h>

typedef enum {
  CMPI_OK = 0,
  CMPI_NO_LIBRARY = 1,  // libmpi.so.40 cannot be opened
  CMPI_NO_SYMBOL = 2,   // the library is not an Open MPI of version 3 or later
  CMPI_FAILED = 3,      // an MPI function returned an error: cmpi_failed_call, cmpi_failed_code, cmpi_error
  CMPI_TIMED_OUT = 4,   // the other ranks did not come in time. MPI may still write to the buffers: never free them
} cmpi_status;

// Opens the library. Later calls return the first one's result.
cmpi_status cmpi_load(void);

// Why the last function failed, or "".
const char *cmpi_error(void);
// The MPI function that failed, or "", and the code it returned.
const char *cmpi_failed_call(void);
int cmpi_failed_code(void);

// MPI_Init_thread for calls from one thread at a time, with errors returned. Once per process, after a successful load.
// Blocks until the launcher has started all ranks.
cmpi_status cmpi_start(int *rank, int *size);

// The library's name and version, such as "Open MPI v4.1.4"; valid until the next call. "" before a load.
const char *cmpi_version(void);

// Collective operations over all ranks, one at a time; `bytes` at most INT_MAX. They need a successful start.
//
// Block j of `send` goes to rank j; block j of `receive` comes from rank j; blocks of `bytes`.
cmpi_status cmpi_all_to_all(const void *send, void *receive, size_t bytes, double timeout_seconds);
// `send` of rank j becomes block j of `receive` on all ranks.
cmpi_status cmpi_all_gather(const void *send, void *receive, size_t bytes, double timeout_seconds);
// `buffer` of `root` on all ranks.
cmpi_status cmpi_broadcast(void *buffer, size_t bytes, int root, double timeout_seconds);
cmpi_status cmpi_barrier(double timeout_seconds);

// MPI_Finalize; nothing may be called afterwards.
cmpi_status cmpi_finish(void);

#endif
