/** The webhook's certificate where Kerf makes it: made, renewed and shared between replicas. */
@NullMarked
package gpu.kerf.extender.certificate;

import org.jspecify.annotations.NullMarked;
