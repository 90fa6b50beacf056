/** The webhook's certificate, over years and between replicas. */
@NullMarked
package gpu.kerf.extender.certificate;

import org.jspecify.annotations.NullMarked;
