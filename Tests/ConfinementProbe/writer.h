#ifndef CONFINEMENT_PROBE_WRITER_H
#define CONFINEMENT_PROBE_WRITER_H

// Tries everything behind `writer` or `connected-writer`, or behind nothing for any other word.
// Returns 0 when every attempt was told.
int probe_writer(const char *self, const char *barrier);

#endif
