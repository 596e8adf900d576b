// Logs in with jsforce in three ways, describes, pages, reads in both Bulk APIs; prints what it got.
const jsforce = require('jsforce');

const keys = JSON.parse(process.env.ORG_KEYS);
const since = process.argv[2];
const httpProxy = process.env.HTTPS_PROXY;
const clientId = keys.consumer_key;
const clientSecret = keys.consumer_secret;
const SOQL = 'SELECT Id, Name FROM Account';

function connection(loginUrl) {
  return new jsforce.Connection({
    httpProxy,
    loginUrl,
    version: '60.0',
    oauth2: { loginUrl, clientId, clientSecret, httpProxy },
  });
}

async function soap() {
  const conn = new jsforce.Connection({ httpProxy, loginUrl: 'https://login.salesforce.com' });
  await conn.login(keys.username, keys.password + keys.security_token);
  return conn;
}

async function password() {
  const conn = connection('https://login.salesforce.com');
  await conn.loginByOAuth2(keys.username, keys.password + keys.security_token);
  return conn;
}

async function clientCredentials() {
  const conn = connection('https://acme.my.salesforce.com');
  await conn.authorize({ grant_type: 'client_credentials' });
  return conn;
}

function collected(stream) {
  return new Promise((resolve, reject) => {
    const rows = [];
    stream.on('record', (row) => rows.push(row));
    stream.on('error', reject);
    stream.on('end', () => resolve(rows));
  });
}

async function main() {
  const logins = {};
  for (const [name, login] of Object.entries({ soap, password, clientCredentials })) {
    const conn = await login();
    logins[name] = (await conn.query('SELECT COUNT() FROM Account')).totalSize;
  }
  const conn = await clientCredentials();
  conn.bulk.pollInterval = conn.bulk2.pollInterval = 200;
  const described = await conn.sobject('Account').describe();
  const global = await conn.describeGlobal();
  const paged = await conn.query(SOQL).autoFetch(true).maxFetch(100000);
  const changed = await conn.query(
    `SELECT LastName FROM Contact WHERE SystemModstamp >= ${since} ORDER BY LastName`,
  );
  const bulk1 = await collected(await conn.bulk.query(SOQL));
  const bulk2 = await collected(await conn.bulk2.query(SOQL));
  const userinfo = await conn.identity();
  console.log(
    JSON.stringify({
      logins,
      fieldKeys: Object.keys(described.fields[0]).length,
      hasAccount: global.sobjects.some((entry) => entry.name === 'Account'),
      paged: (Array.isArray(paged) ? paged : paged.records).length,
      changed: changed.records.map((row) => row.LastName),
      bulk1: new Set(bulk1.map((row) => row.Id)).size,
      bulk2: new Set(bulk2.map((row) => row.Id)).size,
      user: userinfo.username,
    }),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
