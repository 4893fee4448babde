/* site: what was read of a damaged catalog is no answer. */
#include "proto/site.h"

#include <unistd.h>

bool
site_end(struct site *site, struct reply *reply)
{
	if (store_end(site->store))
		return true;
	if (site->pulse)
		atomic_store(&site->pulse->damaged, true);
	if (reply->fd >= 0)
		close(reply->fd);
	buf_end(&reply->out);
	*reply = (struct reply){ .fd = -1 };
	return false;
}
