/** Which pods start together or not at all: how pods say so, and which of them are there. */
@NullMarked
package gpu.kerf.extender.gang;

import org.jspecify.annotations.NullMarked;
