/** Tests of BFD with a time that is a number and links that are lists. */
@org.jspecify.annotations.NullMarked
package dev.sluice.liveness.bfd;
