"use strict";

SwaggerUIBundle({
  url: "/openapi.yaml",
  dom_id: "#swagger-ui",
  deepLinking: true,
  // Without this the page would send the document to a validator on the Internet.
  validatorUrl: null,
});
