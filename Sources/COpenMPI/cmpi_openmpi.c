// The loader of Open MPI and the waiting; the header says why.
#include "cmpi_openmpi.h"

#include <dlfcn.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct opaque_communicator *communicator;
typedef struct opaque_datatype *datatype;
typedef struct opaque_request *request;
typedef struct opaque_error_handler *error_handler;

enum {
  SUCCESS = 0,
  THREAD_SERIALIZED = 2,  // one thread at a time
  ERROR_TEXT_MAX = 256,   // MPI_MAX_ERROR_STRING
  VERSION_TEXT_MAX = 256, // MPI_MAX_LIBRARY_VERSION_STRING
};

static struct {
  int tried;
  cmpi_status status;
  communicator world;
  datatype byte;
  int (*init)(int *, char ***, int, int *);
  int (*initialized)(int *);
  int (*set_error_handler)(communicator, error_handler);
  int (*rank)(communicator, int *);
  int (*size)(communicator, int *);
  int (*version)(char *, int *);
  int (*error_string)(int, char *, int *);
  int (*test)(request *, int *, void *);
  int (*all_to_all)(const void *, int, datatype, void *, int, datatype, communicator, request *);
  int (*all_gather)(const void *, int, datatype, void *, int, datatype, communicator, request *);
  int (*broadcast)(void *, int, datatype, int, communicator, request *);
  int (*barrier)(communicator, request *);
  int (*finalize)(void);
} mpi;

static error_handler errors_return;
static char error_text[ERROR_TEXT_MAX + 64] = "";
static char version_text[VERSION_TEXT_MAX + 1] = "";
static const char *failed_call = "";
static int failed_code = 0;

static cmpi_status refuse(cmpi_status status, const char *reason) {
  snprintf(error_text, sizeof error_text, "%s", reason ? reason : "cannot be opened");
  return mpi.status = status;
}

static cmpi_status check(int code, const char *call) {
  if (code == SUCCESS) return CMPI_OK;
  failed_call = call;
  failed_code = code;
  int length = 0;
  if (mpi.error_string(code, error_text, &length) != SUCCESS) snprintf(error_text, sizeof error_text, "unknown error");
  return CMPI_FAILED;
}

cmpi_status cmpi_load(void) {
  if (mpi.tried) return mpi.status;
  mpi.tried = 1;
  // Global, because the library's own plug-ins look for its symbols and do not all say that they need it.
  void *handle = dlopen("libmpi.so.40", RTLD_NOW | RTLD_GLOBAL);
  if (handle == NULL) return refuse(CMPI_NO_LIBRARY, dlerror());
  const struct {
    const char *name;
    void *target;
  } symbols[] = {
      {"ompi_mpi_comm_world", &mpi.world},
      {"ompi_mpi_byte", &mpi.byte},
      {"ompi_mpi_errors_return", &errors_return},
      {"MPI_Init_thread", &mpi.init},
      {"MPI_Initialized", &mpi.initialized},
      {"MPI_Comm_set_errhandler", &mpi.set_error_handler},
      {"MPI_Comm_rank", &mpi.rank},
      {"MPI_Comm_size", &mpi.size},
      {"MPI_Get_library_version", &mpi.version},
      {"MPI_Error_string", &mpi.error_string},
      {"MPI_Test", &mpi.test},
      {"MPI_Ialltoall", &mpi.all_to_all},
      {"MPI_Iallgather", &mpi.all_gather},
      {"MPI_Ibcast", &mpi.broadcast},
      {"MPI_Ibarrier", &mpi.barrier},
      {"MPI_Finalize", &mpi.finalize},
  };
  for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
    void *address = dlsym(handle, symbols[i].name);
    if (address == NULL) {
      char reason[128];
      snprintf(reason, sizeof reason, "libmpi.so.40 is not an Open MPI that we know: it lacks %s", symbols[i].name);
      return refuse(CMPI_NO_SYMBOL, reason);
    }
    // POSIX guarantees that pointers to functions fit those to objects; copied, because C does not let one be cast.
    memcpy(symbols[i].target, &address, sizeof address);
  }
  return mpi.status = CMPI_OK;
}

const char *cmpi_error(void) { return error_text; }
const char *cmpi_failed_call(void) { return failed_call; }
int cmpi_failed_code(void) { return failed_code; }

cmpi_status cmpi_start(int *rank, int *size) {
  int is_initialized = 0, provided = 0;
  cmpi_status status = check(mpi.initialized(&is_initialized), "MPI_Initialized");
  if (status != CMPI_OK) return status;
  if (is_initialized) {
    failed_call = "MPI_Init_thread";
    snprintf(error_text, sizeof error_text, "MPI was started in this process already");
    return CMPI_FAILED;
  }
  status = check(mpi.init(NULL, NULL, THREAD_SERIALIZED, &provided), "MPI_Init_thread");
  if (status != CMPI_OK) return status;
  if (provided < THREAD_SERIALIZED) {
    failed_call = "MPI_Init_thread";
    failed_code = provided;
    snprintf(error_text, sizeof error_text, "this MPI was built without support for threads");
    return CMPI_FAILED;
  }
  status = check(mpi.set_error_handler(mpi.world, errors_return), "MPI_Comm_set_errhandler");
  if (status == CMPI_OK) status = check(mpi.rank(mpi.world, rank), "MPI_Comm_rank");
  if (status == CMPI_OK) status = check(mpi.size(mpi.world, size), "MPI_Comm_size");
  return status;
}

const char *cmpi_version(void) {
  int length = 0;
  if (!mpi.tried || mpi.status != CMPI_OK || mpi.version(version_text, &length) != SUCCESS) return "";
  // "Open MPI v4.1.4, package: ..., ident: ..."
  version_text[strcspn(version_text, ",\n")] = '\0';
  return version_text;
}

static double seconds_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// Messages only move while MPI_Test is called. So it is called without a pause for as long as one of our messages
// takes, and only then, when this rank is waiting for another one's computation, a thousand times a second.
static cmpi_status wait_for(request pending, const char *call, double timeout_seconds) {
  const double start = seconds_now(), busy_seconds = 0.05;
  const struct timespec pause = {0, 1000000};
  for (;;) {
    int is_done = 0;
    cmpi_status status = check(mpi.test(&pending, &is_done, NULL), call);
    if (status != CMPI_OK) return status;
    if (is_done) return CMPI_OK;
    double waited = seconds_now() - start;
    if (waited >= timeout_seconds) return CMPI_TIMED_OUT;
    if (waited < busy_seconds) {
      sched_yield();
    } else {
      nanosleep(&pause, NULL);
    }
  }
}

cmpi_status cmpi_all_to_all(const void *send, void *receive, size_t bytes, double timeout_seconds) {
  request pending = NULL;
  cmpi_status status = check(
      mpi.all_to_all(send, (int)bytes, mpi.byte, receive, (int)bytes, mpi.byte, mpi.world, &pending), "MPI_Ialltoall");
  return status == CMPI_OK ? wait_for(pending, "MPI_Ialltoall", timeout_seconds) : status;
}

cmpi_status cmpi_all_gather(const void *send, void *receive, size_t bytes, double timeout_seconds) {
  request pending = NULL;
  cmpi_status status = check(
      mpi.all_gather(send, (int)bytes, mpi.byte, receive, (int)bytes, mpi.byte, mpi.world, &pending), "MPI_Iallgather");
  return status == CMPI_OK ? wait_for(pending, "MPI_Iallgather", timeout_seconds) : status;
}

cmpi_status cmpi_broadcast(void *buffer, size_t bytes, int root, double timeout_seconds) {
  request pending = NULL;
  cmpi_status status = check(mpi.broadcast(buffer, (int)bytes, mpi.byte, root, mpi.world, &pending), "MPI_Ibcast");
  return status == CMPI_OK ? wait_for(pending, "MPI_Ibcast", timeout_seconds) : status;
}

cmpi_status cmpi_barrier(double timeout_seconds) {
  request pending = NULL;
  cmpi_status status = check(mpi.barrier(mpi.world, &pending), "MPI_Ibarrier");
  return status == CMPI_OK ? wait_for(pending, "MPI_Ibarrier", timeout_seconds) : status;
}

cmpi_status cmpi_finish(void) { return check(mpi.finalize(), "MPI_Finalize"); }
