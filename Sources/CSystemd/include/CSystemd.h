// libsystemd's D-Bus, loaded where a bus is called: linking it would load four libraries at every start, for what most
// runs do not use.
//
// What is used of it is declared by its own headers and defined here; nothing else of it can be called. Where it is
// missing, everything that returns a number returns -ENOPKG.
#ifndef CSYSTEMD_H
#define CSYSTEMD_H

#include <systemd/sd-bus.h>
#include <systemd/sd-login.h>

#endif
