/** Tests of {@code dev.sluice.controller}. */
@NullMarked
package dev.sluice.controller;

import org.jspecify.annotations.NullMarked;
