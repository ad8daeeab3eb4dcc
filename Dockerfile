# Builds Dualcast, then keeps only what it needs to run.

# The larger image has the compiler of the native transport.
FROM node:20-bookworm AS build
# What the native transport encrypts with on x86 processors.
RUN if [ "$(dpkg --print-architecture)" = amd64 ]; then apt-get update \
	&& apt-get install -y --no-install-recommends libipsec-mb-dev && rm -rf /var/lib/apt/lists/*; fi
WORKDIR /app
# Dependencies change less often than sources: their layer is reused.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY native ./native
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim AS runtime
ENV NODE_ENV=production
RUN if [ "$(dpkg --print-architecture)" = amd64 ]; then apt-get update \
	&& apt-get install -y --no-install-recommends libipsec-mb1 && rm -rf /var/lib/apt/lists/*; fi
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY assets ./assets
# Not the folder: keys and certificates lie there, too.
COPY configs/config.yaml configs/cluster.yaml ./configs/
COPY LICENSE ./
# The only folder that is written to.
RUN install --directory --owner=node --group=node hls
USER node
VOLUME /app/hls
# Pages, API, HLS and WHEP; media of WebRTC.
EXPOSE 8107/tcp 8189/udp
# With another server.port set HTTP_PORT to it: the check does not read the configuration.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
	CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.HTTP_PORT || 8107) + '/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
