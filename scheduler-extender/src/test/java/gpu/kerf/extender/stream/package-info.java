/** Tests of the stream of events. */
@NullMarked
package gpu.kerf.extender.stream;

import org.jspecify.annotations.NullMarked;
