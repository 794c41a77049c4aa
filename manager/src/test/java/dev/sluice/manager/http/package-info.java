/** Tests of the HTTP server. */
@NullMarked
package dev.sluice.manager.http;

import org.jspecify.annotations.NullMarked;
