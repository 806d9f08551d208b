<?xml version="1.0" encoding="UTF-8"?>
<!-- Makes a page of an answer of links (DataLink in VOTable) in browsers. Columns are found by name; addresses become links
     only when they are http or https. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:v="http://www.ivoa.net/xml/VOTable/v1.3" exclude-result-prefixes="v">
<xsl:output method="html" encoding="UTF-8" doctype-system="about:legacy-compat"/>

<xsl:variable name="table" select="//v:RESOURCE[@type='results']/v:TABLE"/>
<xsl:variable name="fields" select="$table/v:FIELD"/>
<xsl:key name="rows" match="v:TR" use="string(v:TD[1])"/>
<xsl:key name="services" match="v:RESOURCE" use="@ID"/>

<xsl:template name="place">
  <xsl:param name="name"/>
  <xsl:value-of select="count($fields[@name=$name]/preceding-sibling::v:FIELD) + 1"/>
</xsl:template>

<xsl:variable name="url"><xsl:call-template name="place"><xsl:with-param name="name" select="'access_url'"/></xsl:call-template></xsl:variable>
<xsl:variable name="service"><xsl:call-template name="place"><xsl:with-param name="name" select="'service_def'"/></xsl:call-template></xsl:variable>
<xsl:variable name="fault"><xsl:call-template name="place"><xsl:with-param name="name" select="'error_message'"/></xsl:call-template></xsl:variable>
<xsl:variable name="text"><xsl:call-template name="place"><xsl:with-param name="name" select="'description'"/></xsl:call-template></xsl:variable>
<xsl:variable name="term"><xsl:call-template name="place"><xsl:with-param name="name" select="'semantics'"/></xsl:call-template></xsl:variable>
<xsl:variable name="type"><xsl:call-template name="place"><xsl:with-param name="name" select="'content_type'"/></xsl:call-template></xsl:variable>
<xsl:variable name="size"><xsl:call-template name="place"><xsl:with-param name="name" select="'content_length'"/></xsl:call-template></xsl:variable>
<xsl:variable name="allowed"><xsl:call-template name="place"><xsl:with-param name="name" select="'link_authorized'"/></xsl:call-template></xsl:variable>

<xsl:template match="/">
<html lang="en">
<head>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>Data links</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; }
  h2 { font-size: 1rem; overflow-wrap: anywhere; border-top: 1px solid #8886; padding-top: 1.2rem; margin-top: 2rem; }
  .data { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
  .data .picture img { max-width: 20rem; max-height: 20rem; background: #8882; }
  .data .what { flex: 1 1 18rem; min-width: 0; }
  table { border-collapse: collapse; width: 100%; }
  td { padding: .3rem .8rem .3rem 0; vertical-align: top; border-bottom: 1px solid #8883; overflow-wrap: anywhere; }
  td.term { min-width: 7rem; font-weight: 600; overflow-wrap: normal; }
  td.size { white-space: nowrap; text-align: right; }
  small { opacity: .7; }
  .fault { font-weight: 600; }
  details { margin: .6rem 0; }
  summary { cursor: pointer; }
  form { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .4rem .8rem; margin: .6rem 0 .6rem 1rem; }
  form label { font-family: monospace; padding-top: .2rem; }
  form input, form select { width: 100%; box-sizing: border-box; font: inherit; padding: .15rem .3rem; }
  form small { display: block; overflow-wrap: anywhere; }
  form .send { grid-column: 2; }
  form button { font: inherit; padding: .3rem 1.2rem; }
</style>
</head>
<body>
<h1>Data links</h1>
<xsl:if test="not($table//v:TR)">
  <p>No data set was named: <code>ID=</code><em>identifier</em>.</p>
</xsl:if>
<xsl:for-each select="//v:INFO[@name='QUERY_STATUS'][@value != 'OK']">
  <p class="fault"><xsl:value-of select="@value"/>: <xsl:value-of select="."/></p>
</xsl:for-each>
<xsl:for-each select="$table//v:TR[generate-id() = generate-id(key('rows', string(v:TD[1]))[1])]">
  <xsl:call-template name="data-set">
    <xsl:with-param name="rows" select="key('rows', string(v:TD[1]))"/>
  </xsl:call-template>
</xsl:for-each>
</body>
</html>
</xsl:template>

<xsl:template name="data-set">
  <xsl:param name="rows"/>
  <xsl:variable name="picture" select="$rows[v:TD[number($term)] = '#preview-image'][not(v:TD[number($allowed)] = 'false')]"/>
  <xsl:variable name="small" select="$rows[v:TD[number($term)] = '#thumbnail']"/>
  <section>
  <h2><xsl:value-of select="$rows[1]/v:TD[1]"/></h2>
  <div class="data">
    <xsl:if test="$picture">
      <a class="picture" href="{$picture/v:TD[number($url)]}" title="{$picture/v:TD[number($text)]}">
        <img src="{($picture | $small)[last()]/v:TD[number($url)]}" alt="{$picture/v:TD[number($text)]}"/>
      </a>
    </xsl:if>
    <div class="what">
      <table>
        <xsl:apply-templates select="$rows[v:TD[number($service)] = '']"/>
      </table>
      <xsl:for-each select="$rows[v:TD[number($service)] != '']">
        <xsl:variable name="id" select="string(v:TD[number($service)])"/>
        <details>
          <xsl:if test="position() = 1"><xsl:attribute name="open">open</xsl:attribute></xsl:if>
          <summary><xsl:value-of select="v:TD[number($text)]"/></summary>
          <xsl:apply-templates select="key('services', $id)"/>
        </details>
      </xsl:for-each>
    </div>
  </div>
  </section>
</xsl:template>

<xsl:template match="v:TR">
  <xsl:variable name="address" select="string(v:TD[number($url)])"/>
  <xsl:variable name="what" select="string(v:TD[number($text)])"/>
  <tr>
    <td class="term"><xsl:value-of select="v:TD[number($term)]"/></td>
    <td>
      <xsl:choose>
        <xsl:when test="v:TD[number($fault)] != ''">
          <span class="fault"><xsl:value-of select="v:TD[number($fault)]"/></span>
        </xsl:when>
        <xsl:when test="starts-with($address, 'http://') or starts-with($address, 'https://')">
          <a href="{$address}" rel="noopener">
            <xsl:choose>
              <xsl:when test="$what != ''"><xsl:value-of select="$what"/></xsl:when>
              <xsl:otherwise><xsl:value-of select="$address"/></xsl:otherwise>
            </xsl:choose>
          </a>
        </xsl:when>
        <xsl:otherwise><xsl:value-of select="$what"/><xsl:text> </xsl:text><xsl:value-of select="$address"/></xsl:otherwise>
      </xsl:choose>
      <xsl:if test="v:TD[number($allowed)] = 'false'"><xsl:text> </xsl:text><small>not for everybody: log in first</small></xsl:if>
      <xsl:if test="v:TD[number($type)] != ''"><br/><small><xsl:value-of select="v:TD[number($type)]"/></small></xsl:if>
    </td>
    <td class="size"><xsl:call-template name="bytes"><xsl:with-param name="count" select="v:TD[number($size)]"/></xsl:call-template></td>
  </tr>
</xsl:template>

<xsl:template name="bytes">
  <xsl:param name="count"/>
  <xsl:variable name="n" select="number($count)"/>
  <xsl:choose>
    <xsl:when test="string($n) = 'NaN' or string($count) = ''"/>
    <xsl:when test="$n &gt;= 1000000000"><xsl:value-of select="format-number($n div 1000000000, '0.0')"/> GB</xsl:when>
    <xsl:when test="$n &gt;= 1000000"><xsl:value-of select="format-number($n div 1000000, '0.0')"/> MB</xsl:when>
    <xsl:when test="$n &gt;= 1000"><xsl:value-of select="format-number($n div 1000, '0.0')"/> kB</xsl:when>
    <xsl:otherwise><xsl:value-of select="$n"/> bytes</xsl:otherwise>
  </xsl:choose>
</xsl:template>

<!-- A service as a form: what is fixed is hidden, the rest may stay empty. -->
<xsl:template match="v:RESOURCE">
  <form method="get" action="{v:PARAM[@name='accessURL']/@value}">
    <xsl:apply-templates select="v:GROUP[@name='inputParams']/v:PARAM"/>
    <div class="send"><button type="submit">Cut out</button></div>
  </form>
</xsl:template>

<xsl:template match="v:PARAM[@value != '']">
  <input type="hidden" name="{@name}" value="{@value}"/>
</xsl:template>

<xsl:template match="v:PARAM">
  <label for="{generate-id()}"><xsl:value-of select="@name"/></label>
  <div>
    <xsl:choose>
      <xsl:when test="v:VALUES/v:OPTION">
        <select id="{generate-id()}" name="{@name}">
          <option value=""></option>
          <xsl:for-each select="v:VALUES/v:OPTION">
            <option value="{@value}"><xsl:value-of select="@value"/></option>
          </xsl:for-each>
        </select>
      </xsl:when>
      <xsl:otherwise><input id="{generate-id()}" name="{@name}"/></xsl:otherwise>
    </xsl:choose>
    <small>
      <xsl:value-of select="v:DESCRIPTION"/>
      <xsl:if test="@unit"> [<xsl:value-of select="@unit"/>]</xsl:if>
      <xsl:choose>
        <xsl:when test="v:VALUES/v:MIN"><br/>here <xsl:value-of select="v:VALUES/v:MIN/@value"/> to <xsl:value-of select="v:VALUES/v:MAX/@value"/></xsl:when>
        <xsl:when test="string-length(v:VALUES/v:MAX/@value) &lt; 300 and v:VALUES/v:MAX"><br/>here within <xsl:value-of select="v:VALUES/v:MAX/@value"/></xsl:when>
      </xsl:choose>
    </small>
  </div>
</xsl:template>
</xsl:stylesheet>
