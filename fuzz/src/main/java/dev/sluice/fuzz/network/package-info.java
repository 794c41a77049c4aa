/**
 * Network namespaces for tests of modules that know the kernel.
 *
 * <p>Purpose: a network of interfaces and hosts that no test shares with another. Place: below all modules, which use it in tests only; nothing of it is in the product, and the product's own calls to the
 * kernel are not in it. Threads: each task in a thread of its own. Specification: ip-netns(8), setns(2). Start reading at {@link dev.sluice.fuzz.network.Namespace}.
 */
@NullMarked
package dev.sluice.fuzz.network;

import org.jspecify.annotations.NullMarked;
