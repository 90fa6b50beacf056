/** A simulated cluster: nodes from a fleet file, and pods with the API server's rules for them. */
@NullMarked
package gpu.kerf.extender.cluster.embedded;

import org.jspecify.annotations.NullMarked;
