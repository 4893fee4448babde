/* pulse: memory that the writer of the catalog shares with everybody who reads it: a word, and what
 * was read while it stood still, and even, is still so; and whether a reader met damage. */
#ifndef CATALOG_PULSE_H
#define CATALOG_PULSE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct pulse {
	_Atomic uint64_t beat; /* odd while a change is being committed */
	_Atomic bool damaged;  /* something of the catalog could not be read */
};

/* NULL stands still for ever. */
static inline uint64_t
pulse_read(const struct pulse *pulse)
{
	return pulse ? atomic_load(&((struct pulse *)pulse)->beat) : 0;
}

static inline bool
pulse_steady(uint64_t beat)
{
	return beat % 2 == 0;
}

/* Around a commit. Whoever finds it odd at its own start, as its predecessor ended in between, ends
 * it. */
static inline void
pulse_begin(struct pulse *pulse)
{
	if (pulse && pulse_steady(pulse_read(pulse)))
		atomic_fetch_add(&pulse->beat, 1);
}

static inline void
pulse_end(struct pulse *pulse)
{
	if (pulse && !pulse_steady(pulse_read(pulse)))
		atomic_fetch_add(&pulse->beat, 1);
}

#endif
