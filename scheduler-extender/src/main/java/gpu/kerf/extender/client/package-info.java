/** An HTTP client as small as the protocol needs: one connection, kept alive, blocking. */
@NullMarked
package gpu.kerf.extender.client;

import org.jspecify.annotations.NullMarked;
