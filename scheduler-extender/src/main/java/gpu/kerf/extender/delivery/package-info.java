/** How a container gets the devices that were chosen for its pod: one class per way. */
@NullMarked
package gpu.kerf.extender.delivery;

import org.jspecify.annotations.NullMarked;
