/**
 * The webhook's certificate where nobody else makes one: made, renewed and shared between replicas.
 */
@NullMarked
package gpu.kerf.extender.certificate;

import org.jspecify.annotations.NullMarked;
