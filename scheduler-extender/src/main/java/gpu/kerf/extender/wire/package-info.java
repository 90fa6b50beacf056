/** The extender protocol and the records on pods and nodes, as values with their JSON. */
@NullMarked
package gpu.kerf.extender.wire;

import org.jspecify.annotations.NullMarked;
