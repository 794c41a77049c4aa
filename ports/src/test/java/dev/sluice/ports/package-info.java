/** Tests of the ports. Those tagged {@code system} need root: they make network namespaces with names that begin with {@code slp-}. */
@NullMarked
package dev.sluice.ports;

import org.jspecify.annotations.NullMarked;
