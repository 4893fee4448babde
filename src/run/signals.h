/* signals: those that the supervisor lives by. */
#ifndef RUN_SIGNALS_H
#define RUN_SIGNALS_H

#include <stdbool.h>

/* From now on each signal is noted, and a byte written to `wake`, which must not block. */
void signals_catch(int wake);
/* Lets them wait, over execve(2) too, or no longer; signals_catch() ends it. */
void signals_hold(bool hold);
/* Back to what they do by themselves: for a child. */
void signals_leave(void);

/* Whether it came and waits to be taken. */
bool signals_noted(int number);
/* Whether it came since it was last taken. */
bool signals_take(int number);

#endif
