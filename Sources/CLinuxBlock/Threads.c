#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "Confinement.h"

enum { stack_byte_count = 128 << 10 };

static void *wait_for_gate(void *gate) {
  pthread_mutex_lock(gate);
  pthread_mutex_unlock(gate);
  return NULL;
}

int clb_startable_threads(int count) {
  pthread_t threads[clb_most_threads];
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  pthread_attr_t attributes;
  sigset_t all, before;
  if (count > clb_most_threads) count = clb_most_threads;
  if (pthread_attr_init(&attributes) != 0) return count;
  pthread_attr_setstacksize(&attributes, stack_byte_count);
  // No signal may be taken by one of them.
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_mutex_lock(&gate);
  int started = 0;
  int status = 0;
  while (started < count && status == 0) {
    status = pthread_create(&threads[started], &attributes, wait_for_gate, &gate);
    if (status == 0) started++;
  }
  pthread_mutex_unlock(&gate);
  for (int index = 0; index < started; index++) pthread_join(threads[index], NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  // Any other error says nothing about how many there may be.
  return status == 0 || status == EAGAIN ? started : count;
}
