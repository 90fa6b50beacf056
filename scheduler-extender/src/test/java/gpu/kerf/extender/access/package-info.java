/** Tests of who may see what. */
@NullMarked
package gpu.kerf.extender.access;

import org.jspecify.annotations.NullMarked;
