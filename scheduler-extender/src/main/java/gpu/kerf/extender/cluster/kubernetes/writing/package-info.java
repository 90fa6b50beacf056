/** What Kerf writes to the API server: bindings, evictions, events, locks and node resources. */
@NullMarked
package gpu.kerf.extender.cluster.kubernetes.writing;

import org.jspecify.annotations.NullMarked;
